import { Buffer } from "node:buffer";
import { readEnvironment, type ToolsEnvironment } from "../environment.ts";
import { ToolsError } from "../errors.ts";
import { exists } from "../tools.ts";
import { CLIENT_PROGRAMS, type ClientProgram } from "./catalog.ts";

/** A program, and where it is or will be in the cache. */
export interface LocatedClient {
  readonly program: ClientProgram;
  /** Absolute path of the sources. */
  readonly from: string;
  /** Absolute path in the cache: named by what it is made of, so what is there is up to date. */
  readonly to: string;
}

export function locateClients(
  { cache }: Pick<ToolsEnvironment, "cache">,
): Promise<LocatedClient[]> {
  return Promise.all(CLIENT_PROGRAMS.map(async (program) => {
    const from = new URL(`${program.folder}/`, import.meta.url).pathname.replace(/\/$/, "");
    const digest = await digestOf(from, program.sources);
    const platform = `${Deno.build.os}-${Deno.build.arch}`;
    return { program, from, to: `${cache}/clients/${program.name}/${digest}-${platform}` };
  }));
}

/**
 * The commands of the programs, for tests that run them.
 *
 * @throws {ToolsError} `tools-missing` with the command that puts them there.
 */
export async function findClients(
  environment: ToolsEnvironment = readEnvironment((name) => Deno.env.get(name)),
): Promise<Record<ClientProgram["name"], readonly string[]>> {
  const commands: Partial<Record<ClientProgram["name"], readonly string[]>> = {};
  for (const { program, to } of await locateClients(environment)) {
    if (!await exists(to)) {
      throw new ToolsError("tools-missing", `${program.name}: run \`deno task clients\` first`);
    }
    commands[program.name] = program.command.map((word) =>
      word === "node" ? word : `${to}/${word}`
    );
  }
  return commands as Record<ClientProgram["name"], readonly string[]>;
}

/** Twelve hexadecimal digits that change with the files of a folder, and of the folders in it. */
export async function digestOf(folder: string, sources: RegExp): Promise<string> {
  const files: string[] = [];
  const look = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) await look(`${path}/${name}`);
      else if (sources.test(name)) files.push(`${path}/${name}`);
    }
  };
  await look(folder);
  const parts = [];
  for (const path of files.sort()) {
    const content = await Deno.readTextFile(path);
    parts.push(`${path.slice(folder.length)}\0${content.length}\0${content}`);
  }
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
  return Buffer.from(hash).toString("hex", 0, 6);
}
