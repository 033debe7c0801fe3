import { assertEquals } from "@std/assert";
import { children, message, primitive, setUp, turn } from "./testing/routed.ts";

const WAITING = [
  { name: "a" },
  primitive("spawn", "executeStory", {
    needs: ["a"],
    with: { storyRef: { name: "child" }, waitForCompletion: true },
  }),
  { name: "b", needs: ["spawn"] },
];

/** Routes three packets, ends their children backwards, and says in which order they came through. */
async function inMode(concurrency: object, metadata: Record<string, string>[] = [{}, {}, {}]) {
  const starter = children();
  const { route } = await setUp(
    WAITING,
    { starter, wait: () => new Promise(() => {}) },
    { concurrency },
  );
  const came: string[] = [];
  for (const [n, more] of metadata.entries()) {
    void route("a", {}, message(`m${n}`, more)).then(([, b]) => came.push(`${b} ${n}`));
  }
  const started: number[] = [];
  for (const n of [2, 1, 0]) {
    await turn();
    started.push(starter.started.length);
    starter.end(`voice-1-spawn-m${n}`, "Succeeded");
  }
  for (let n = 0; n < 5; n++) await turn();
  return { came, started };
}

Deno.test("parallel cycles run beside each other, serial ones after each other", async () => {
  assertEquals(await inMode({}), { came: ["b 2", "b 1", "b 0"], started: [3, 3, 3] });
  assertEquals(await inMode({ mode: "serial" }), {
    came: ["b 0", "b 1", "b 2"],
    started: [1, 1, 1],
  });
});

Deno.test("under cancelPrevious a newer packet takes the place of the one that waits", async () => {
  assertEquals((await inMode({ mode: "cancelPrevious" })).came, [
    "b cancelled 0",
    "b cancelled 1",
    "b 2",
  ]);
});

Deno.test("with the scope participant only packets of one participant count", async () => {
  const concurrency = { mode: "cancelPrevious", scope: "participant" };
  const metadata = [{ participant: "ann" }, { "participant.id": "bob" }, { participant: "ann" }];
  assertEquals((await inMode(concurrency, metadata)).came, ["b cancelled 0", "b 2", "b 1"]);
});

Deno.test("a run that is forgotten lets go of everything that waits", async () => {
  const { plan, router, route } = await setUp(WAITING, {
    starter: children(),
    wait: () => new Promise(() => {}),
  });
  const routed = route("a", {}, message("m1"));
  router.forget(plan, "evicted");
  assertEquals(await routed, ["spawn evicted", "b evicted"]);
});

Deno.test("packets that go nowhere do not queue up behind one that takes long", async () => {
  const { route } = await setUp(
    [WAITING[0]!, { ...WAITING[1], if: "{{ packet.ok }}" }, {
      ...WAITING[2],
      if: "{{ packet.ok }}",
    }],
    { starter: children(), wait: () => new Promise(() => {}) },
    { concurrency: { mode: "serial" } },
  );
  void route("a", { ok: true }, message("m1"));
  // It would wait for the first if it had anything to wait with.
  assertEquals(await route("a", { ok: false }, message("m2")), []);
});
