import type { FlowMessage } from "../../contracts/flow.ts";

/** What the soak asks of chance: whole numbers below a bound. */
export type Below = (bound: number) => number;

/** Flows that last for the whole soak, each followed by a reader that lasts as long. */
export const LASTING = Array.from({ length: 20 }, (_, i) => `lasting-${i}`);
/** Flows that come and go. */
export const PASSING = Array.from({ length: 10 }, (_, i) => `passing-${i}`);

/** Ids that messages speak of: few, so that the state of a flow is as large in the end as it was. */
const NODES = 50;

/** A random message. The sizes vary little, so that what is kept does, too. */
export function randomMessage(flowId: string, below: Below): FlowMessage {
  const node = () => `fsn1/release-${below(NODES)}`;
  switch (below(10)) {
    case 0:
      return {
        type: "upsert-flow",
        flow: { id: flowId, status: "running", startedAt: below(1e9) },
      };
    case 1:
      return { type: "delete-nodes", ids: [node()] };
    case 2:
      return {
        type: "delete-rels",
        pairs: [{ fromId: node(), toId: node(), type: "finish-to-start" }],
      };
    case 3:
      return {
        type: "upsert-rels",
        relationships: [{ fromId: node(), toId: node(), type: "finish-to-start" }],
      };
    default:
      return {
        type: "upsert-nodes",
        nodes: [{
          id: node(),
          flowId,
          label: "release",
          status: ["pending", "running", "succeeded", "failed"][below(4)]!,
          meta: { note: "x".repeat(100 + below(20)) },
        }],
      };
  }
}

/** A request body of one of the three forms, with its content type. */
export function randomBody(flowId: string, below: Below): { body: string; type: string } {
  const messages = Array.from({ length: 1 + below(20) }, () => randomMessage(flowId, below));
  switch (below(3)) {
    case 0:
      return { body: JSON.stringify(messages[0]), type: "application/json" };
    case 1:
      return { body: JSON.stringify(messages), type: "application/json" };
    default:
      return {
        body: messages.map((message) => JSON.stringify(message)).join("\n"),
        type: "application/x-ndjson",
      };
  }
}

/** Requests that no router can take, with the status that each deserves. */
export const GARBAGE: readonly { path: string; init: RequestInit; status: number }[] = [
  { path: "/v1/flows/x/events", init: json("{"), status: 400 },
  { path: "/v1/flows/x/events", init: json('{"type":"banana"}'), status: 400 },
  { path: "/v1/flows/x/events", init: json("x".repeat(1_100_000)), status: 413 },
  { path: "/v1/flows/x/events", init: { method: "POST", body: new FormData() }, status: 415 },
  { path: "/v1/flows/x/events", init: { method: "PUT" }, status: 405 },
  { path: "/v1/flows/%00/stream", init: {}, status: 400 },
  { path: "/v1/stream", init: {}, status: 400 },
  { path: "/nowhere", init: {}, status: 404 },
];

function json(body: string): RequestInit {
  return { method: "POST", body, headers: { "Content-Type": "application/json" } };
}
