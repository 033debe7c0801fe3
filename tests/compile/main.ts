/**
 * `deno task compile`: single-file artifacts of server, adapter, operator and hub under `dist/`.
 *
 * The bundles are built and run. The executables need Deno's runtime for each target, which
 * `deno compile` downloads; where that is out of reach, a stand-in proves that the module graph
 * resolves and embeds, and the report says what is left.
 */
import { taskFlags } from "./task_flags.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const PARTS = ["server", "adapter", "operator", "hub"];
const TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

interface Outcome {
  ok: boolean;
  output: string;
}

async function deno(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1", ...env },
    cwd: ROOT,
  });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { ok: success, output: text.decode(stderr) + text.decode(stdout) };
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function fail(what: string, { output }: Outcome): never {
  say(`${what}: FAILED\n${output}`);
  Deno.exit(1);
}

async function size(path: string): Promise<number> {
  return (await Deno.stat(ROOT + path)).size;
}

async function megabytes(path: string): Promise<string> {
  return `${(await size(path) / 1e6).toFixed(1)} MB`;
}

/** Builds `dist/<part>.js` and runs it with an empty module cache. */
async function bundle(part: string, flags: string[]): Promise<void> {
  const path = `dist/${part}.js`;
  const built = await deno([
    "bundle",
    "--frozen",
    "--platform",
    "deno",
    "-o",
    path,
    `${part}/main.ts`,
  ]);
  if (!built.ok) fail(`bundle ${part}`, built);
  const emptyCache = await Deno.makeTempDir({ prefix: "headrace-compile-" });
  const ran = await deno(
    ["run", "--no-prompt", "--no-config", "--cached-only", ...flags, path, "--help"],
    { DENO_DIR: emptyCache },
  );
  await Deno.remove(emptyCache, { recursive: true });
  if (!ran.ok) fail(`run ${path} --help`, ran);
  say(`${path}: ${await megabytes(path)}, runs with an empty module cache`);
}

/**
 * Builds the executable of a bundle for one target, with a stand-in when its runtime cannot be had.
 * Not from the sources: Deno 2.9.2 overflows its stack while it walks prom-client's modules.
 */
async function compile(part: string, flags: string[], target: string): Promise<boolean> {
  const path = `dist/headrace-${part}-${target}`;
  const args = ["compile", "--no-config", "--no-prompt", ...flags];
  const rest = ["--target", target, "-o", path, `dist/${part}.js`];
  const real = await deno([...args, ...rest]);
  if (real.ok) {
    say(`${path}: ${await megabytes(path)}`);
    return true;
  }
  const standIn = await deno([...args, ...rest], { DENORT_BIN: Deno.execPath() });
  if (!standIn.ok) fail(`compile ${part} for ${target}`, standIn);
  const embedded = await size(path) - (await Deno.stat(Deno.execPath())).size;
  await Deno.remove(ROOT + path);
  if (embedded < await size(`dist/${part}.js`)) {
    fail(`compile ${part} for ${target}`, { ok: false, output: `only ${embedded} bytes embedded` });
  }
  const reason = /\n {4}\d: (error .*)/.exec(real.output)?.[1] ?? real.output.trim();
  say(`${path}: embeds, but not built: the runtime for ${target} cannot be had (${reason})`);
  return false;
}

const config = JSON.parse(await Deno.readTextFile(ROOT + "deno.json"));
await Deno.mkdir(ROOT + "dist", { recursive: true });
let complete = true;
for (const part of PARTS) {
  const flags = taskFlags(config, part);
  await bundle(part, flags);
  for (const target of TARGETS) complete = await compile(part, flags, target) && complete;
}
if (!complete) {
  say(
    "left to do: run this task where `deno compile` can download its runtime; until then ship the bundles",
  );
}
