import type { Random } from "../random.ts";
import { mutateText, mutateValue } from "./mutate_json.ts";
import { concat, type FuzzRequest, latin1, utf8 } from "./request.ts";
import { MESSAGES, TOKEN } from "./seed_requests.ts";

/** Changes one thing about a request; the result is still what HTTP allows. */
export type Mutator = (request: FuzzRequest, random: Random) => FuzzRequest;

/** What node's parser knows, but for CONNECT, which has no answer (RFC 9110 §9.3.6). */
const METHODS = (
  "GET HEAD POST PUT DELETE OPTIONS TRACE PATCH QUERY COPY LOCK UNLOCK MKCOL MOVE PROPFIND PROPPATCH " +
  "SEARCH BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE " +
  "UNSUBSCRIBE PURGE MKCALENDAR LINK UNLINK SOURCE"
).split(" ");

const SEGMENTS = [
  "f0",
  "f1",
  "g0",
  "..",
  ".",
  "%2e%2e",
  "%2F",
  "%00",
  "%0a",
  "%7f",
  "%zz",
  "%",
  "%c0%af",
  "%ff%fe",
  "%e2%80%a8",
  "%F0%9F%98%80",
  "a%2Fb",
  "*",
  ":flowId",
  "__proto__",
  "{f}",
  "x".repeat(512),
  "x".repeat(513),
  "%41".repeat(400),
  "events",
  "stream",
  "snapshot",
  "",
];

const QUERIES = [
  "?last_event_id=1",
  "?lastEventId=999999999999999999999",
  "?last_event_id=%00",
  "?flow=f0",
  "?flow=f*&flow=*f*&flow=*",
  `?${"flow=a&".repeat(120)}`,
  `?flow=${"*a".repeat(300)}`,
  "?flow",
  "?",
  "??&&==%%%",
  "?a[]=1&a=2",
];

const CURSORS = [
  "0",
  "1",
  "-1",
  "01",
  "1e3",
  "9007199254740993",
  "99999999999999999999",
  "1-",
  "-abc",
  "1-ABC",
  `1-${"a".repeat(13)}`,
  `1-${"a".repeat(33)}`,
  "1-abc.2-def.",
  `${"1-abcdefghijklm.".repeat(200)}2-b`,
  "banana",
  "\u00ff\u00fe",
  "\t",
];

const TYPES = [
  "application/json",
  "application/x-ndjson",
  "application/jsonl",
  "application/cloudevents+json",
  "text/plain",
  "multipart/form-data; boundary=",
  "application/json;charset=utf-16",
  ";",
  "/",
  "\u00e9",
];

const HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["Last-Event-ID", CURSORS],
  ["Content-Type", TYPES],
  ["Accept", ["text/html", "*/*;q=0", "application/json;q=banana", ",,,", "text/event-stream"]],
  ["If-None-Match", ["*", '"1-a"', 'W/"', '"', '"a", "b", ', "\u00ff"]],
  ["If-Modified-Since", ["yesterday"]],
  ["Range", ["bytes=0-0,-1", "bytes=9999999999-"]],
  ["Origin", ["null", "https://ops.example.org", "https://evil.example", "file://", "\u00e9"]],
  ["Access-Control-Request-Method", ["POST", "BREW"]],
  ["traceparent", ["00-0-0-0", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "ff", "\u00ff"]],
  ["tracestate", ["a=b", "="]],
  ["Expect", ["100-continue", "cake"]],
  ["Accept-Encoding", ["gzip, br, identity;q=0", "banana"]],
  ["TE", ["trailers, deflate;q=0.5"]],
  ["Trailer", ["X-Checksum"]],
  ["Upgrade", ["h2c", "websocket"]],
  ["HTTP2-Settings", ["AAMAAABkAAQCAAAAAAIAAAAA"]],
  ["Content-Encoding", ["gzip"]],
  ["X-Forwarded-For", ["127.0.0.1, unknown, \u00ff"]],
  ["X-HTTP-Method-Override", ["DELETE"]],
  ["X-Long", ["y".repeat(3_000)]],
  ["__proto__", ["x"]],
  ["Constructor", ["x"]],
];

const CREDENTIALS: readonly (readonly [name: string, value: string])[] = [
  ["Authorization", `Bearer ${TOKEN}`],
  ["Authorization", `bearer   ${TOKEN}`],
  ["Authorization", `Bearer ${TOKEN}x`],
  ["Authorization", "Bearer"],
  ["Authorization", "Bearer \u00ff"],
  ["Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."],
  ["Authorization", `Bearer ${"a.".repeat(1_000)}b`],
  ["Authorization", "Basic YTpi"],
  ["Authorization", "Negotiate"],
  ["Cookie", "headrace_session="],
  ["Cookie", `headrace_session=${"a".repeat(43)}`],
  ["Cookie", "headrace_session=%zz; headrace_session=%00"],
  ["Cookie", "=; ;;; =x; __proto__=y"],
  ["Cookie", "\u00e9=\u00ff"],
];

/** Every way of changing a request within HTTP, by name. */
export const MUTATORS: Readonly<Record<string, Mutator>> = {
  method: (request, random) => ({ ...request, method: random.pick(METHODS) }),

  segment(request, random) {
    const [path = "", query] = request.target.split("?", 2);
    const segments = path.split("/");
    const at = 1 + random.below(segments.length);
    const changed = random.chance(0.7)
      ? segments.with(Math.min(at, segments.length - 1), random.pick(SEGMENTS))
      : segments.toSpliced(at, 0, random.pick(SEGMENTS));
    const target = `/${changed.slice(1).join("/")}`;
    return { ...request, target: query === undefined ? target : `${target}?${query}` };
  },

  query: (request, random) => ({ ...request, target: request.target + random.pick(QUERIES) }),

  target: (request, random) => ({
    ...request,
    target: random.pick([
      `http://127.0.0.1${request.target}`,
      `/${request.target}`,
      `${request.target}/`,
      request.target.toUpperCase(),
      `/${request.target.slice(1).replaceAll("/", "\\")}`,
      `/${request.target.slice(1).replaceAll("/", "%2f")}`,
      "*",
      "http://[",
      "http://\u00ff/".replace("\u00ff", "%ff"),
      `/${"a".repeat(5_000)}`,
    ]),
  }),

  header(request, random) {
    const [name, values] = random.pick(HEADERS);
    const value = random.pick(values);
    return random.chance(0.5)
      ? withHeader(request, name, value)
      : { ...request, headers: [...request.headers, [name, value]] };
  },

  credentials: (request, random) => ({
    ...request,
    headers: [...request.headers, random.pick(CREDENTIALS)],
  }),

  host: (request, random) => ({
    ...request,
    headers: [
      ["Host", random.pick(["", "a b", "localhost:99999", "[::1]:80", "x/../y", "\u00e9", "a@b"])],
      ...request.headers.slice(1),
    ],
  }),

  version: (request) => ({ ...request, version: "1.0", framing: "length" }),

  dropHeader(request, random) {
    const at = random.below(request.headers.length);
    return { ...request, headers: request.headers.toSpliced(at, 1) };
  },

  doubleHeader(request, random) {
    // Two Host headers are no HTTP (RFC 9112 §3.2).
    const others = request.headers.slice(1);
    return others.length === 0
      ? request
      : { ...request, headers: [...request.headers, random.pick(others)] };
  },

  value: (request, random) =>
    withText(request, (text) => {
      const format = text.includes("\n") ? "\n" : "";
      if (format === "") return changed(text, random);
      const lines = text.split(format);
      const at = random.below(lines.length);
      return lines.with(at, changed(lines[at] ?? "", random)).join(format);
    }),

  text: (request, random) => withText(request, (text) => mutateText(text, random)),

  ndjson: (request, random) => ({
    ...withHeader(request, "Content-Type", "application/x-ndjson"),
    method: "POST",
    body: utf8(
      Array.from(
        { length: random.below(20) },
        () => random.chance(0.2) ? "" : JSON.stringify(random.pick(MESSAGES)),
      ).join(random.pick(["\n", "\r\n", "\r", "\n\n", "\u2028"])),
    ),
  }),

  bytes(request, random) {
    const { body } = request;
    if (body === undefined || body.length === 0) return { ...request, body: random.bytes(20) };
    const at = random.below(body.length);
    const junk = random.pick([
      new Uint8Array([0xff]),
      new Uint8Array([0xc0, 0xaf]),
      new Uint8Array([0xed, 0xa0, 0x80]),
      new Uint8Array([0]),
      random.bytes(8),
    ]);
    return { ...request, body: concat([body.subarray(0, at), junk, body.subarray(at + 1)]) };
  },

  body: (request, random) => ({
    ...request,
    body: random.pick([
      undefined,
      new Uint8Array(0),
      utf8("null"),
      utf8("[]"),
      utf8('""'),
      utf8(`[${"0,".repeat(1_500)}0]`),
      utf8(`{"type":"upsert-nodes","nodes":[${"{},".repeat(2_000)}{}]}`),
      utf8(JSON.stringify(Array(40).fill(random.pick(MESSAGES)))),
      latin1(" ".repeat(random.chance(0.02) ? 2 ** 20 + 1 : 3_000)),
    ]),
  }),

  chunks: (request, random) => ({
    ...request,
    framing: request.version === "1.0"
      ? "length"
      : { chunks: Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(200)) },
  }),
};

function withText(request: FuzzRequest, change: (text: string) => string): FuzzRequest {
  const { body } = request;
  const text = body === undefined || body.length > 100_000
    ? JSON.stringify(MESSAGES[0])
    : new TextDecoder().decode(body);
  return { ...request, body: utf8(change(text)) };
}

function changed(json: string, random: Random): string {
  try {
    return JSON.stringify(mutateValue(JSON.parse(json), random)) ?? "";
  } catch {
    return mutateText(json, random);
  }
}

function withHeader(request: FuzzRequest, name: string, value: string): FuzzRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: [...others, [name, value]] };
}
