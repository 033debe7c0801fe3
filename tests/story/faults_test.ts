import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gone, kill, runStory } from "./run_story.ts";

/** The process that a part of a run is, once it has been started so often. */
async function processOf(
  story: Awaited<ReturnType<typeof runStory>>,
  name: string,
  life = 0,
): Promise<string> {
  const [, pid = ""] = await story.says(new RegExp(`${name} is process (\\d+)`), life);
  return pid;
}

Deno.test("killed hub and connectors are started again, and at-least-once loses nothing", async () => {
  const args = ["--json", "--no-map", "--verbose", "--drain", "1m"];
  await using story = await runStory("tests/story/at_least_once.yaml", ...args);
  // All are up when the edges are told.
  await story.says(/a → b: hub/);
  await story.says(/c → d: p2p/);
  for (
    const victim of ["connector of b", "hub", "connector of d", "connector of a", "connector of c"]
  ) {
    assert(await kill(await processOf(story, victim), "KILL"));
    await story.says(new RegExp(`${victim} was ended by SIGKILL; it is started again`));
    await processOf(story, victim, 1);
  }
  story.signal("SIGINT");
  const { code, report } = await story.report();
  assertEquals(
    report.edges.map(({ from, mode, dropped, unaccounted }) => [from, mode, dropped, unaccounted]),
    [["a", "hub", {}, 0], ["c", "p2p", {}, 0]],
  );
  for (const { sent, delivered } of report.edges) {
    assert((sent ?? 0) > 0);
    assertEquals(sent, delivered);
  }
  assertEquals([code, report.restarts], [0, {
    "hub": 1,
    "connector of a": 1,
    "connector of b": 1,
    "connector of c": 1,
    "connector of d": 1,
  }]);
});

const PARTS = ["hub", "connector of in", "connector of echo", "connector of out", "engram of echo"];

Deno.test("a runner that is killed leaves no process and no file behind", async () => {
  await using story = await runStory(
    "tests/story/command.yaml",
    "--no-map",
    "--verbose",
    "--allow",
    "deno",
  );
  await story.says(/echo → out: p2p/);
  const [, program = ""] = await story.says(/echo engram is process (\d+)/);
  const pids = await Promise.all(PARTS.map((part) => processOf(story, part)));
  for (const pid of [...pids, program]) assert(await kill(pid, "0"), `${pid} is not there`);
  const [, folder = ""] = await story.says(/files are in (\S+)/);
  assert((await Deno.stat(folder)).isDirectory);
  story.signal("SIGKILL");
  for (const pid of [...pids, program]) await gone(pid);
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("Ctrl-C ends everything, and what was on its way arrives before", async () => {
  await using story = await runStory(
    "tests/story/command.yaml",
    "--json",
    "--no-map",
    "--verbose",
    "--allow",
    "deno",
  );
  await story.says(/in → echo \d[\d.,]*\/s/);
  const pids = await Promise.all(PARTS.map((part) => processOf(story, part)));
  story.signal("SIGINT");
  const { code, report } = await story.report();
  const [into, out] = report.edges;
  assertEquals([code, report.drained, report.restarts], [0, true, {}]);
  // What a command does is not looked into; what comes out of it is.
  assertEquals([into?.from, into?.mode, out?.to], ["in", "p2p", "out"]);
  assert((into?.sent ?? 0) > 0);
  assertEquals([into?.delivered, out?.sent, out?.delivered], [into?.sent, null, into?.sent]);
  for (const pid of pids) await gone(pid);
});

Deno.test("Ctrl-C ends a run that is about to start", async () => {
  await using story = await runStory("tests/story/command.yaml", "--verbose", "--allow", "deno");
  const pid = await processOf(story, "connector of echo");
  story.signal("SIGINT");
  assertEquals((await story.ended()).code, 0);
  await gone(pid);
});

Deno.test("a command that nobody allowed does not run", async () => {
  await using story = await runStory("tests/story/command.yaml", "--no-map");
  const { code, stderr } = await story.ended();
  assertEquals(code, 2);
  assertStringIncludes(stderr, "the story runs deno, which nobody has allowed: add --allow deno");
});
