import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Edge } from "../plan/edge.ts";
import { Ledger } from "./ledger.ts";
import { unaccounted } from "./run_report.ts";

const edge = (from: string, to: string, more: Partial<Edge> = {}): Edge => ({
  from,
  to,
  mode: "hub",
  why: "",
  via: [],
  isConditional: false,
  ...more,
});
const steps = (...ids: string[]) => ids.map((id) => ({ id, isSample: true }));
const received = (from: string, delivered: number, repeated = 0) => ({
  sent: 0,
  received: { [from]: { delivered, repeated, p50: 1, p99: 2 } },
});
const stream = (
  step: string,
  routed: number,
  sources: Record<string, { routed: number; dropped: Record<string, number> }> = {},
  waiting = 0,
) => ({
  step,
  routed,
  sources,
  buffer: { messages: waiting },
});

Deno.test("an edge adds up over all lives of the hub and all drops of connectors", () => {
  const lives = fc.array(
    fc.record({ full: fc.nat({ max: 9 }), expired: fc.nat({ max: 9 }) }),
    { minLength: 1, maxLength: 4 },
  );
  const lost = fc.array(fc.nat({ max: 9 }), { maxLength: 4 });
  fc.assert(fc.property(lives, lost, lost, fc.nat({ max: 99 }), (hubs, out, into, delivered) => {
    const ledger = new Ledger({ edges: [edge("a", "b")], steps: steps("a", "b") });
    const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);
    const inHub = total(hubs.flatMap(({ full, expired }) => [full, expired]));
    const sent = delivered + inHub + total(out) + total(into);
    for (const [life, { full, expired }] of hubs.entries()) {
      // An earlier look at the same life does not count beside the later one.
      ledger.hub(life, [stream("b", 0, { a: { routed: 1, dropped: { buffer_full: 1 } } })]);
      const dropped = { buffer_full: full, expired };
      ledger.hub(life, [stream("b", 0, { a: { routed: 1, dropped } })]);
    }
    for (const count of out) ledger.connectorDropped("a", { buffer_full: count });
    for (const count of into) ledger.connectorDropped("b", { unconfirmed: count });
    ledger.sample("a", { sent, received: {} });
    ledger.sample("b", received("a", delivered));
    const [report] = ledger.edges();
    assertEquals([report?.sent, report?.delivered, report?.unaccounted], [sent, delivered, 0]);
    ledger.sample("a", { sent: sent + 3, received: {} });
    assertEquals(unaccounted(ledger.edges()), 3);
  }));
});

Deno.test("what a condition sends elsewhere is neither sent nor dropped", () => {
  const ledger = new Ledger({
    edges: [edge("a", "b", { isConditional: true }), edge("a", "c", { isConditional: true })],
    steps: steps("a", "b", "c"),
  });
  ledger.sample("a", { sent: 10, received: {} });
  ledger.sample("b", received("a", 3));
  ledger.sample("c", received("a", 10));
  ledger.hub(0, [
    stream("a", 10),
    stream("b", 0, { a: { routed: 4, dropped: { buffer_full: 1 } } }),
    stream("c", 0, { a: { routed: 10, dropped: {} } }),
  ]);
  assertEquals(
    ledger.edges().map(({ sent, delivered, filtered, unaccounted }) => [
      sent,
      delivered,
      filtered,
      unaccounted,
    ]),
    [[4, 3, 6, 0], [10, 10, 0, 0]],
  );
});

Deno.test("what a primitive on the way fails on is dropped there, and not sent elsewhere", () => {
  const ledger = new Ledger({
    edges: [edge("a", "b", { isConditional: true, via: ["gate"] })],
    steps: steps("a", "b"),
  });
  ledger.sample("a", { sent: 10, received: {} });
  ledger.sample("b", received("a", 5));
  ledger.hub(0, [
    stream("a", 10),
    stream("gate", 0, { a: { routed: 3, dropped: { route_error: 3 } } }),
    stream("b", 0, { a: { routed: 5, dropped: {} } }),
  ]);
  const [report] = ledger.edges();
  assertEquals(
    [report?.sent, report?.delivered, report?.dropped, report?.filtered, report?.unaccounted],
    [8, 5, { route_error: 3 }, 2, 0],
  );
});

Deno.test("a packet that never reached the hub is missing on a conditional edge", () => {
  const ledger = new Ledger({
    edges: [edge("a", "b", { isConditional: true })],
    steps: steps("a", "b"),
  });
  ledger.sample("a", { sent: 10, received: {} });
  ledger.hub(0, [stream("a", 9), stream("b", 0, { a: { routed: 4, dropped: {} } })]);
  ledger.sample("b", received("a", 4));
  assertEquals(ledger.edges()[0]?.unaccounted, 1);
});

Deno.test("commands are counted by the hub, and what waits for one is not delivered", () => {
  const ledger = new Ledger({
    edges: [edge("a", "b")],
    steps: [{ id: "a", isSample: false }, { id: "b", isSample: false }],
  });
  ledger.hub(0, [stream("a", 10), stream("b", 0, { a: { routed: 10, dropped: {} } }, 4)]);
  const [report] = ledger.edges();
  assertEquals([report?.sent, report?.delivered, report?.unaccounted], [10, 6, 4]);
});

Deno.test("what a command sends is counted where it arrives, if no other command sends there", () => {
  const command = (id: string) => ({ id, isSample: false });
  const p2p = (from: string, to: string) => edge(from, to, { mode: "p2p" });
  const counted = {
    sent: 0,
    received: { "": { delivered: 7, repeated: 0, p50: undefined, p99: undefined } },
  };
  const alone = new Ledger({ edges: [p2p("a", "b")], steps: [command("a"), ...steps("b")] });
  alone.sample("b", counted);
  const [one] = alone.edges();
  assertEquals([one?.sent, one?.delivered, one?.unaccounted], [null, 7, null]);
  const both = new Ledger({
    edges: [edge("a", "b"), edge("c", "b")],
    steps: [command("a"), command("c"), ...steps("b")],
  });
  both.sample("b", counted);
  assertEquals(both.edges().map(({ delivered }) => delivered), [null, null]);
});

Deno.test("what comes to a command from a peer is counted by its connector, over all its lives", () => {
  const ledger = new Ledger({
    edges: [edge("a", "b", { mode: "p2p" })],
    steps: [...steps("a"), { id: "b", isSample: false }],
  });
  ledger.sample("a", { sent: 9, received: {} });
  assertEquals(ledger.edges()[0]?.delivered, null);
  ledger.connectorGot("b", 0, 3);
  ledger.connectorGot("b", 0, 4);
  ledger.connectorGot("b", 1, 5);
  const [report] = ledger.edges();
  assertEquals([report?.sent, report?.delivered, report?.unaccounted], [9, 9, 0]);
});

Deno.test("packets that came twice do not hide those that are lost elsewhere", () => {
  const edges = [{ unaccounted: -5 }, { unaccounted: 2 }, { unaccounted: null }];
  assertEquals(unaccounted(edges), 2);
  assertEquals(unaccounted(edges.slice(0, 1)), -5);
});
