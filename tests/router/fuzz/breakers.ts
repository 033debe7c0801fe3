import type { Random } from "../random.ts";
import { concat, latin1 } from "./request.ts";

/** Turns the bytes of a request into what HTTP does not allow, or may not. */
export type Breaker = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Inserts lines after the request line. */
function insert(bytes: Uint8Array, ...lines: readonly string[]): Uint8Array {
  const at = bytes.indexOf(0x0a) + 1;
  return concat([bytes.subarray(0, at), latin1(lines.join("")), bytes.subarray(at)]);
}

const LINES = [
  "Content-Length: -1\r\n",
  "Content-Length: 1\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Content-Length: 0x10\r\n",
  "Content-Length: 5, 5\r\n",
  "Content-Length: 500\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: gzip\r\n",
  "Transfer-Encoding : chunked\r\n",
  "no colon here\r\n",
  ": no name\r\n",
  "na me: x\r\n",
  "name: folded\r\n  over\r\n",
  "nul: a\x00b\r\n",
  "cr: a\rb\r\n",
  "bare: lf\n",
  "Host: second\r\n",
  "\r\n",
];

const CHUNKS = [
  "zz\r\nabc\r\n0\r\n\r\n",
  "ffffffffffffffff1\r\nabc\r\n",
  "-1\r\n\r\n",
  "3\r\nabcd\r\n0\r\n\r\n",
  '3;ext="\r\nabc\r\n0\r\n\r\n',
  "3\nabc\n0\n\n",
  "3\r\nabc",
  "0\r\nX-Checksum: 1\r\n\r\n",
  "0\r\nContent-Length: 5\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  "00000000000000000000000000003\r\nabc\r\n0\r\n\r\n",
];

/** Every way of breaking a request, by name. */
export const BREAKERS: Readonly<Record<string, Breaker>> = {
  line: (bytes, random) => insert(bytes, random.pick(LINES)),

  conflict: (bytes, random) => insert(bytes, random.pick(LINES), random.pick(LINES)),

  truncate: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),

  flip(bytes, random) {
    const flipped = bytes.slice();
    for (let i = 1 + random.below(4); i > 0; i--) {
      flipped[random.below(flipped.length)]! ^= 1 << random.below(8);
    }
    return flipped;
  },

  splice(bytes, random) {
    const at = random.below(bytes.length);
    return concat([
      bytes.subarray(0, at),
      random.bytes(1 + random.below(30)),
      bytes.subarray(at),
    ]);
  },

  repeat(bytes, random) {
    const from = random.below(bytes.length);
    const part = bytes.subarray(from, from + 200);
    return concat([bytes, ...Array.from({ length: 1 + random.below(5) }, () => part)]);
  },

  chunks: (_bytes, random) =>
    latin1(
      "POST /v1/flows/f0/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
        random.pick(CHUNKS),
    ),

  start: (bytes, random) => {
    const rest = bytes.subarray(bytes.indexOf(0x0d));
    const line = random.pick([
      "GET /",
      "GET / HTTP/2.0",
      "GET / HTTP/1.1 ",
      "GET  / HTTP/1.1",
      "get / HTTP/1.1",
      "GET /a b HTTP/1.1",
      "GET /\u00e9 HTTP/1.1",
      "GET /\x00 HTTP/1.1",
      "CONNECT 127.0.0.1:1 HTTP/1.1",
      "BREW / HTTP/1.1",
      "PRI * HTTP/2.0",
      "\r\n\r\nGET / HTTP/1.1",
      "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1",
      `GET /${"a".repeat(20_000)} HTTP/1.1`,
    ]);
    return concat([latin1(line), rest]);
  },

  head: (bytes, random) =>
    insert(
      bytes,
      ...Array.from({ length: random.pick([5, 150, 400]) }, (_, i) =>
        `X-${i}: ${"z".repeat(90)}\r\n`),
    ),

  foreign: (_bytes, random) =>
    random.pick([
      new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
      latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
      latin1("SSH-2.0-OpenSSH_9.0\r\n"),
      latin1("*1\r\n$4\r\nPING\r\n"),
      new Uint8Array(0),
      random.bytes(1 + random.below(300)),
    ]),
};
