import { ContractError } from "../contracts/contract_error.ts";
import { type ListenAddress, parseListenAddress } from "../contracts/listen_address.ts";

/** What the router is told at its start. */
export interface ServerConfig {
  readonly listen: ListenAddress;
  /** Messages that each flow keeps for replay. */
  readonly ringCapacity: number;
}

/** The environment of the server, as `--help` prints it. */
export const SERVER_ENVIRONMENT = [
  {
    name: "FLOW_SERVER_LISTEN_ADDR",
    fallback: ":8080",
    purpose: "Address to listen on, host:port or :port",
  },
  {
    name: "FLOW_SERVER_RING_CAPACITY",
    fallback: "4096",
    purpose: "Messages that each flow keeps for replay",
  },
] as const;

type Name = typeof SERVER_ENVIRONMENT[number]["name"];

/**
 * Reads the environment; an empty value counts as unset.
 *
 * @throws {ContractError} naming the variable
 */
export function readServerConfig(env: Readonly<Record<string, string | undefined>>): ServerConfig {
  const read = <T>(name: Name, parse: (text: string) => T): T => {
    const fallback = SERVER_ENVIRONMENT.find((entry) => entry.name === name)!.fallback;
    try {
      return parse(env[name]?.trim() || fallback);
    } catch (cause) {
      if (!(cause instanceof ContractError)) throw cause;
      throw new ContractError(`${name}: ${cause.message}`, { cause });
    }
  };
  return {
    listen: read("FLOW_SERVER_LISTEN_ADDR", parseListenAddress),
    ringCapacity: read("FLOW_SERVER_RING_CAPACITY", parseCount),
  };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) {
    throw new ContractError(
      `expected a whole number from 1 to 1000000, not ${JSON.stringify(text)}`,
    );
  }
  return count;
}
