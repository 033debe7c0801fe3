import { type FuzzRequest, utf8 } from "./request.ts";

/** A token that the router with access control knows. */
export const TOKEN = "fuzz-token-known";

const node = (id: string) => ({ id, flowId: "f0", label: id, status: "running", family: "hr" });
const edge = { fromId: "a", toId: "b", type: "finish-to-start", condition: "always", lag: 3 };
const flow = { id: "f0", status: "running", startedAt: 1_700_000_000_000, meta: { by: "fuzz" } };

/** One message of each kind. */
export const MESSAGES: readonly Readonly<Record<string, unknown>>[] = [
  { type: "snapshot", flow, nodes: [node("a"), node("b")], relationships: [edge] },
  { type: "upsert-flow", flow: { ...flow, triggeredBy: [{ flowId: "g0", when: "success" }] } },
  { type: "upsert-nodes", nodes: [{ ...node("a"), meta: { reason: "Progressing", n: [1, 2] } }] },
  { type: "upsert-rels", relationships: [edge, { ...edge, toFlowId: "g0" }] },
  { type: "delete-nodes", ids: ["a", "c"] },
  { type: "delete-rels", pairs: [edge] },
];

function get(target: string, ...headers: [string, string][]): FuzzRequest {
  return request("GET", target, headers);
}

function post(target: string, type: string, body: string): FuzzRequest {
  return { ...request("POST", target, [["Content-Type", type]]), body: utf8(body) };
}

function request(method: string, target: string, headers: [string, string][]): FuzzRequest {
  return {
    method,
    target,
    version: "1.1",
    headers: [["Host", "127.0.0.1"], ...headers],
    body: undefined,
    framing: "length",
  };
}

const EVENTS = "/v1/flows/f0/events";

/** What well-behaved clients send: every route, every kind of body, every header that is looked at. */
export const SEED_REQUESTS: readonly FuzzRequest[] = [
  get("/", ["Accept", "text/html,*/*;q=0.8"]),
  get("/healthz"),
  get("/readyz"),
  get("/openapi.json"),
  get("/ui/live.js"),
  get("/v1/flows", ["Origin", "https://ops.example.org"]),
  get("/v1/flows/f0/snapshot", ["If-None-Match", '"1-abcdefghijklm"']),
  get("/v1/flows/f1/snapshot"),
  get("/v1/flows/f0/stream", ["Last-Event-ID", "1-abcdefghijklm"]),
  get("/v1/flows/f0/stream?last_event_id=3", ["Accept", "text/event-stream"]),
  get("/v1/stream?flow=f0&flow=g*", ["Last-Event-ID", "1-abcdefghijklm.2-bcdefghijklmn"]),
  ...MESSAGES.map((message) => post(EVENTS, "application/json", JSON.stringify(message))),
  post(EVENTS, "application/json; charset=utf-8", JSON.stringify(MESSAGES)),
  post(EVENTS, "application/x-ndjson", MESSAGES.map((m) => JSON.stringify(m)).join("\n")),
  {
    ...post("/v1/flows/f1/events", "application/json", JSON.stringify(MESSAGES[2])),
    headers: [
      ["Host", "127.0.0.1"],
      ["Content-Type", "application/json"],
      ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
      ["Cookie", "headrace_session=none; a=b"],
    ],
  },
  request("DELETE", "/v1/flows/f2", []),
  request("POST", "/v1/session", [["Authorization", `Bearer ${TOKEN}`]]),
  request("DELETE", "/v1/session", [["Cookie", "headrace_session=none"]]),
  request("OPTIONS", EVENTS, [
    ["Origin", "https://ops.example.org"],
    ["Access-Control-Request-Method", "POST"],
  ]),
  request("HEAD", "/v1/flows/f0/stream", []),
];
