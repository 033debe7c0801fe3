import { assertEquals, assertMatch } from "@std/assert";
import { FAN_OUT, storyText } from "../../hub/server/testing/memory_hub.ts";
import { createAuthority } from "../cluster/x509.ts";
import { findClients } from "../tools/clients/clients.ts";
import { ForeignClient, type Opening } from "./testing/foreign_client.ts";
import { connected, startHub, type TestHub } from "./testing/test_hub.ts";

const commands = await findClients();
const python = new URL("../tools/clients/python/client.py", import.meta.url).pathname;
const LANGUAGES = {
  Go: commands.go,
  Python: [...commands.python, python],
  Node: commands.node,
};
const AT_LEAST_ONCE = { delivery: { semantics: "at_least_once" } };

interface Refused extends Opening {
  readonly name: string;
  readonly code: number;
  readonly details: RegExp;
  /** What the client says once it is in. */
  readonly says?: { readonly hex: string; readonly zeros: number };
}

/** Who is refused, and with what, whatever it is written in. */
function refusals(hub: TestHub): Refused[] {
  const certificate = hub.certificate();
  const header = (name: string, value?: string) => ({ certificate, headers: { [name]: value } });
  // Not the first generation: another one is on the stream of step c.
  const newest = header("connector-generation", "3");
  return [
    { name: "no certificate", code: 14, details: /./ },
    {
      name: "another authority's certificate",
      certificate: createAuthority("Other").issue({ commonName: "x", usage: "client" }),
      code: 14,
      details: /./,
    },
    {
      name: "another namespace's certificate",
      certificate: hub.certificate("elsewhere"),
      code: 7,
      details: /does not speak for step c/,
    },
    {
      name: "another namespace",
      ...header("storyrun-namespace", "elsewhere"),
      code: 7,
      details: /does not speak for step c/,
    },
    {
      name: "another protocol version",
      ...header("bubu-transport-protocol", "1.0.1"),
      code: 9,
      details: /must be 1\.0\.0/,
    },
    {
      name: "no step",
      ...header("current-step-id"),
      code: 2,
      details: /missing current-step-id metadata/,
    },
    {
      name: "no generation",
      ...header("connector-generation"),
      code: 9,
      details: /connector-generation must be/,
    },
    {
      name: "an unknown run",
      ...header("storyrun-name", "other"),
      code: 5,
      details: /no StoryRun/,
    },
    {
      name: "a stale generation",
      ...header("connector-generation", "1"),
      code: 9,
      details: /stale generation 1/,
    },
    {
      name: "a malformed message",
      ...newest,
      says: { hex: "0aff", zeros: 0 },
      code: 3,
      details: /./,
    },
    {
      name: "a message that breaks a rule",
      ...newest,
      // A DataPacket with an empty key among its metadata.
      says: { hex: "0a040a020a00", zeros: 0 },
      code: 3,
      details: /metadata key: shorter than 1/,
    },
    {
      name: "a message above 10 MiB",
      ...newest,
      says: { hex: "", zeros: 10 * 1024 * 1024 + 1 },
      code: 8,
      details: /./,
    },
  ];
}

for (const [language, command] of Object.entries(LANGUAGES)) {
  for (
    const [name, streaming] of [["best effort", {}], ["at least once", AT_LEAST_ONCE]] as const
  ) {
    Deno.test(`a client in ${language} sends, receives and acknowledges: ${name}`, async () => {
      await using hub = await startHub(storyText(FAN_OUT, streaming), {
        HUB_HEARTBEAT_INTERVAL: "50ms",
      });
      const certificate = hub.certificate();
      await using client = new ForeignClient(command, hub);
      for (const step of ["a", "b", "c"]) {
        await client.open(step, step, { certificate, credit: true });
      }
      await connected(hub, "a", "b", "c");
      await client.order({ send: "a", from: 0, count: 1_000 });
      const numbers = Array.from({ length: 1_000 }, (_, n) => n);
      for (const step of ["b", "c"]) {
        await client.until(() => client.packets(step).length >= 1_000);
        const got = client.packets(step);
        assertEquals(got.map(({ payload }) => payload?.n), numbers);
        assertEquals(got[999]?.payload, { n: 999, text: "Grüße", list: [null, true, 1.5] });
        assertEquals(got[999]?.metadata, {
          type: "chat.message.v1",
          "storyrun-name": "voice-1",
          "storyrun-namespace": "demo",
          "current-step-id": step,
        });
        assertEquals(got[999]?.sequence, name === "at least once" ? 1_000 : 0);
        await client.until(() => client.of(step).some(({ heartbeat }) => heartbeat));
        const stream = [...hub.running.hub.runs.values()][0]?.streams.get(step);
        while (stream?.outbound.queue.usage.messages !== 0) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      await client.order({ end: "a" });
      assertEquals((await client.status("a")).status, 0);
      assertEquals(client.events.filter(({ invalid }) => invalid !== undefined), []);
    });
  }

  Deno.test(`a client in ${language} that the contract does not let in is refused with its codes`, async (t) => {
    await using hub = await startHub(storyText(FAN_OUT));
    const certificate = hub.certificate();
    await using client = new ForeignClient(command, hub);
    await client.open("a", "a", { certificate });
    await client.open("b", "b", { certificate, credit: true });
    await client.open("c", "c", { certificate, headers: { "connector-generation": "2" } });
    await connected(hub, "a", "b", "c");
    await client.order({ send: "a", from: 0, count: 1 });
    await client.until(() => client.packets("b").length + client.packets("c").length === 2);
    for (const { name, code, details, says, ...opening } of refusals(hub)) {
      await t.step(name, async () => {
        await client.open(name, "c", opening);
        if (says !== undefined) await client.order({ raw: name, ...says });
        const refused = await client.status(name);
        assertEquals(refused.status, code, refused.details);
        assertMatch(refused.details, details);
      });
    }
    await client.order({ send: "a", from: 1, count: 1 });
    await client.until(() => client.packets("b").length === 2);
    assertEquals(client.packets("b").map(({ payload }) => payload?.n), [0, 1], "others go on");
  });
}
