import { ContractError } from "../contracts/contract_error.ts";
import { parseDuration } from "../contracts/duration.ts";
import { parseListenAddress } from "../contracts/listen_address.ts";

/** One setting: the environment variable it comes from, and how its text is read. */
interface Setting<T> {
  readonly name: string;
  readonly fallback: string;
  readonly purpose: string;
  /** @throws {ContractError} saying what is expected */
  readonly parse: (text: string) => T;
}

/** Every setting of the router: the one table from which configuration and `--help` come. */
export const SETTINGS = {
  listen: setting(
    "FLOW_SERVER_LISTEN_ADDR",
    ":8080",
    "Address to listen on, host:port or :port",
    parseListenAddress,
  ),
  accessFile: setting(
    "FLOW_SERVER_ACCESS_FILE",
    "",
    "Who may do what; needed unless the address is loopback or --insecure is said",
    (text) => text || undefined,
  ),
  accessReload: setting(
    "FLOW_SERVER_ACCESS_RELOAD",
    "5s",
    "How often the access file and key sets in files are looked at",
    duration(10),
  ),
  corsOrigins: setting(
    "FLOW_SERVER_CORS_ORIGINS",
    "",
    "Origins whose pages may use the router, separated by commas",
    origins,
  ),
  ringCapacity: setting(
    "FLOW_SERVER_RING_CAPACITY",
    "4096",
    "Messages that each flow keeps for replay",
    count(1, 1_000_000),
  ),
  ringBytes: setting(
    "FLOW_SERVER_RING_BYTES",
    "16MiB",
    "Bytes that each flow keeps for replay",
    bytes,
  ),
  totalRingBytes: setting(
    "FLOW_SERVER_TOTAL_RING_BYTES",
    "256MiB",
    "Bytes that all flows together keep for replay; the fullest ring gives first",
    bytes,
  ),
  maxFlows: setting(
    "FLOW_SERVER_MAX_FLOWS",
    "10000",
    "Flows at a time",
    count(1, 10_000_000),
  ),
  maxFlowObjects: setting(
    "FLOW_SERVER_MAX_FLOW_OBJECTS",
    "100000",
    "Nodes and relationships in one flow",
    count(1, 100_000_000),
  ),
  flowTtl: setting(
    "FLOW_SERVER_FLOW_TTL",
    "24h",
    "A flow that is neither written nor read for this long is forgotten",
    duration(1_000),
  ),
  maxBodyBytes: setting(
    "FLOW_SERVER_MAX_BODY_BYTES",
    "1MiB",
    "Bytes of a request body, inclusive",
    bytes,
  ),
  maxBatch: setting(
    "FLOW_SERVER_MAX_BATCH",
    "1000",
    "Messages in one request",
    count(1, 1_000_000),
  ),
  maxMessageBytes: setting(
    "FLOW_SERVER_MAX_MESSAGE_BYTES",
    "1MiB",
    "Bytes of one message",
    bytes,
  ),
  maxIdLength: setting(
    "FLOW_SERVER_MAX_ID_LENGTH",
    "512",
    "Characters of a flow or node id; the contract allows no more than 512",
    count(1, 512),
  ),
  maxJsonDepth: setting(
    "FLOW_SERVER_MAX_JSON_DEPTH",
    "64",
    "Objects and arrays inside one another",
    count(4, 1_000),
  ),
  maxStreams: setting(
    "FLOW_SERVER_MAX_STREAMS",
    "20000",
    "Open streams",
    count(1, 1_000_000),
  ),
  maxStreamsPerFlow: setting(
    "FLOW_SERVER_MAX_STREAMS_PER_FLOW",
    "10000",
    "Open streams of one flow",
    count(1, 1_000_000),
  ),
  maxStreamsPerAddress: setting(
    "FLOW_SERVER_MAX_STREAMS_PER_ADDRESS",
    "5000",
    "Open streams from one client address; behind a proxy that is all of them",
    count(1, 1_000_000),
  ),
  maxFlowsPerStream: setting(
    "FLOW_SERVER_MAX_FLOWS_PER_STREAM",
    "100",
    "Flows on one stream of several",
    count(1, 500),
  ),
  streamMaxAge: setting(
    "FLOW_SERVER_STREAM_MAX_AGE",
    "1h",
    "A stream is ended after this long, give or take a tenth; its reader resumes",
    duration(1_000),
  ),
  stuckTimeout: setting(
    "FLOW_SERVER_STUCK_TIMEOUT",
    "1m",
    "A reader that takes nothing for this long is cut off",
    duration(1_000),
  ),
  writeBytes: setting(
    "FLOW_SERVER_WRITE_BYTES",
    "256KiB",
    "Bytes of messages in one write; what a reader does not take waits in memory",
    bytes,
  ),
  queueBytes: setting(
    "FLOW_SERVER_QUEUE_BYTES",
    "64MiB",
    "Bytes that wait for all slow readers together; the one stuck longest is cut off first",
    bytes,
  ),
  maxHeaderBytes: setting(
    "FLOW_SERVER_MAX_HEADER_BYTES",
    "16KiB",
    "Bytes of a request's head",
    bytes,
  ),
  headerTimeout: setting(
    "FLOW_SERVER_HEADER_TIMEOUT",
    "10s",
    "A request's head must have come by then",
    duration(100),
  ),
  requestTimeout: setting(
    "FLOW_SERVER_REQUEST_TIMEOUT",
    "30s",
    "A whole request must have come by then",
    duration(100),
  ),
  // Above nginx's 60 s for its upstreams, and above an adapter's pause between two looks: who sends
  // just when the connection is closed gets a reset instead of an answer.
  idleTimeout: setting(
    "FLOW_SERVER_IDLE_TIMEOUT",
    "75s",
    "A connection without a request is closed after this long; keep a proxy's below it",
    duration(1_000),
  ),
};

/** What the router is told at its start. Times are milliseconds. */
export type ServerConfig = {
  readonly [Key in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Key]["parse"]>;
};

/**
 * Reads the environment; an empty value counts as unset.
 *
 * @throws {ContractError} with one line a problem, each naming its variable
 */
export function readServerConfig(env: (name: string) => string | undefined): ServerConfig {
  const problems: string[] = [];
  const read = ({ name, fallback, parse }: Setting<unknown>): unknown => {
    try {
      return parse(env(name)?.trim() || fallback);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      problems.push(`${name}: ${error.message}`);
      return undefined;
    }
  };
  const config = Object.fromEntries(
    Object.entries(SETTINGS).map(([key, entry]) => [key, read(entry as Setting<unknown>)]),
  );
  if (problems.length > 0) throw new ContractError(problems.join("\n"));
  return config as ServerConfig;
}

function setting<T>(
  name: string,
  fallback: string,
  purpose: string,
  parse: (text: string) => T,
): Setting<T> {
  return { name, fallback, purpose, parse };
}

function count(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new ContractError(`expected a whole number from ${min} to ${max}, not ${quote(text)}`);
  };
}

function origins(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    // An exact serialized origin: no path, no `*`, and never `null`, which any sandboxed page has.
    if (URL.canParse(part) && new URL(part).origin === part) return part;
    throw new ContractError(`expected origins such as https://ops.example.org, not ${quote(part)}`);
  });
}

function bytes(text: string): number {
  const match = /^(\d+)(|B|KiB|MiB|GiB)$/.exec(text);
  const unit = { "": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[match?.[2] ?? ""];
  const value = Number(match?.[1]) * unit!;
  if (value >= 1024 && Number.isSafeInteger(value)) return value;
  throw new ContractError(`expected a size of at least 1KiB such as 16MiB, not ${quote(text)}`);
}

function duration(min: number): (text: string) => number {
  return (text) => {
    const value = parseDuration(text);
    if (value !== undefined && value >= min) return value;
    throw new ContractError(
      `expected a duration of at least ${min}ms such as 30s, not ${quote(text)}`,
    );
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
