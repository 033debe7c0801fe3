import { assert, assertEquals } from "@std/assert";
import type { Connection } from "../../../client/connection.ts";
import { SubscribeError } from "../../../client/subscribe_error.ts";
import { connectionText, pictureTime } from "./connection_text.ts";

const error = new SubscribeError("network", "the connection failed or was cut");
const clock = (time: number) => `<${time}>`;
const say = (connection: Connection, now = 65_000) => connectionText(connection, now, clock);

Deno.test("a live page says so and nothing more", () => {
  assertEquals(say({ state: "live" }), {
    tone: "good",
    label: "Live",
    detail: "",
    outdated: false,
  });
});

Deno.test("a resynced page is live and says why it jumped", () => {
  const { tone, label, detail, outdated } = say({ state: "resynced", reason: "epoch-changed" });
  assertEquals([tone, label, outdated], ["good", "Live", false]);
  assert(detail.startsWith("The router was restarted"));
});

Deno.test("a stale page says since when, how long, and why", () => {
  assertEquals(say({ state: "stale", since: 5_000, error }), {
    tone: "bad",
    label: "Stale for 1m",
    detail: "This is the picture of <5000>. The connection failed or was cut. Trying again.",
    outdated: true,
  });
});

Deno.test("only what may be out of date is shown as out of date", () => {
  const outdated = (connection: Connection) => say(connection).outdated;
  assert(outdated({ state: "resuming", since: 1 }));
  assert(outdated({ state: "closed" }));
  assert(!outdated({ state: "connecting" }), "there is nothing yet that could be");
  assert(!outdated({ state: "connecting", error }));
});

Deno.test("a page that never had a connection says what is wrong", () => {
  const { tone, detail } = say({ state: "connecting", error });
  assertEquals([tone, detail], ["bad", "The connection failed or was cut. Trying again."]);
});

Deno.test("the picture's time stands still while contact is lost", () => {
  assertEquals(pictureTime({ state: "stale", since: 5_000, error }, 65_000), 5_000);
  assertEquals(pictureTime({ state: "live" }, 65_000), 65_000);
  assertEquals(pictureTime({ state: "resuming", since: 64_000 }, 65_000), 65_000);
});
