import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { SseClient } from "./testing/sse_client.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** The router as `deno task server` runs it, narrow permissions included. */
function start(env: Record<string, string>, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      "--cached-only",
      "--allow-net=127.0.0.1,0.0.0.0",
      "--allow-env=FLOW_SERVER_*",
      MAIN,
      ...args,
    ],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Reads log lines until one has this message. */
async function lineWith(process: Deno.ChildProcess, msg: string): Promise<Record<string, string>> {
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended without ${msg}: ${text}`);
    text += value;
    for (const line of text.split("\n").slice(0, -1)) {
      const parsed = JSON.parse(line);
      if (parsed.msg === msg) {
        reader.releaseLock();
        return parsed;
      }
    }
  }
}

Deno.test("a router stopped with 100 open streams ends them with a hint and exits", async () => {
  const process = start({ FLOW_SERVER_LISTEN_ADDR: "127.0.0.1:0" });
  const { addr } = await lineWith(process, "listening");
  const streams = await Promise.all(
    Array.from({ length: 100 }, () => SseClient.open(`http://${addr}/v1/flows/f/stream`)),
  );
  await Promise.all(streams.map((stream) => stream.take(2)));
  const hints = streams.map((stream) => stream.retry);
  const stopped = performance.now();
  process.kill("SIGTERM");
  const [ends, status] = await Promise.all([
    Promise.all(streams.map((stream) => stream.next())),
    process.status,
  ]);
  // The promise is under a second; ten leave room for a busy machine and still catch a hang.
  assertLess(performance.now() - stopped, 10_000);
  assertEquals(ends.filter((event) => event !== undefined), []);
  assertEquals(streams.filter(({ retry }, i) => retry === hints[i]).length < 100, true);
  assertEquals(status.code, 0);
  await process.stderr.cancel();
});

Deno.test("a bad value names its variable and exits 2", async () => {
  const process = start({ FLOW_SERVER_RING_CAPACITY: "many" });
  const { code, stdout } = await process.output();
  assertEquals(code, 2);
  assertMatch(
    new TextDecoder().decode(stdout),
    /FLOW_SERVER_RING_CAPACITY: expected a whole number/,
  );
});

Deno.test("an address that is taken exits 1 and says so", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const process = start({ FLOW_SERVER_LISTEN_ADDR: `127.0.0.1:${listener.addr.port}` });
  const { code, stdout } = await process.output();
  assertEquals(code, 1);
  assertMatch(new TextDecoder().decode(stdout), /"cannot start","err":".*EADDRINUSE/);
});

Deno.test("--help lists the environment, an unknown argument exits 2", async () => {
  const help = await start({}, "--help").output();
  assertEquals(help.code, 0);
  assertMatch(new TextDecoder().decode(help.stdout), /FLOW_SERVER_LISTEN_ADDR .*default :8080/);
  assertEquals((await start({}, "--port").output()).code, 2);
});
