import { assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import type { DataPacket } from "../proto/messages.ts";
import { checkForSdk } from "./sdk_rules.ts";

const pcm = Uint8Array.of(1);
const payload = pcm;
const audio = { pcm, sampleRateHz: 8_000, channels: 1 };

const TAKEN: Record<string, DataPacket> = {
  "nothing but metadata": { metadata: { "a key": " padded value " } },
  "a kind of one's own": { metadata: { "bubu.envelope.kind": " chat.message.v1 " } },
  "audio": { audio },
  "raw video with a size": { video: { payload, raw: true, width: 1, height: 1 } },
  "video with a codec": { video: { payload, codec: "h264" } },
  "bytes of no type": { binary: { payload } },
  "a type with a parameter": { binary: { payload, mimeType: 'text/plain; charset="utf-8"' } },
  "the latest time": { audio: { ...audio, timestampMs: 9_223_372_036_854 } },
  "a chunk": {
    binary: { payload },
    envelope: { streamId: "s", chunkId: "c", chunkCount: 2, chunkBytes: 1 },
  },
};

const REFUSED: Record<string, DataPacket> = {
  "a padded key": { metadata: { "key ": "" } },
  "a key padded as Go sees it": { metadata: { "\u0085key": "" } },
  "a kind of two words": { metadata: { "bubu.envelope.kind": "chat message" } },
  "audio without samples": { audio: { sampleRateHz: 8_000, channels: 1 } },
  "a padded audio codec": { audio: { ...audio, codec: "opus " } },
  "video without content": { video: { codec: "h264" } },
  "video without a codec": { video: { payload, width: 1, height: 1 } },
  "raw video without a size": { video: { payload, raw: true, width: 1 } },
  "a padded video codec": { video: { payload, codec: " h264" } },
  "no bytes": { binary: { mimeType: "text/plain" } },
  "a type that is none": { binary: { payload, mimeType: "text/" } },
  "a padded type": { binary: { payload, mimeType: "text/plain " } },
  "a time after the latest": { binary: { payload, timestampMs: 9_223_372_036_855 } },
  "a time beyond 2^53": { binary: { payload, timestampMs: 2n ** 63n } },
  "a chunk of audio": { audio, envelope: { streamId: "s", chunkId: "c", chunkCount: 2 } },
  "a chunk of a structured packet": {
    binary: { payload, mimeType: "application/vnd.bubu.packet+json" },
    envelope: { streamId: "s", chunkId: "c", chunkCount: 2 },
  },
  "a chunk of another size": {
    binary: { payload },
    envelope: { streamId: "s", chunkId: "c", chunkCount: 2, chunkBytes: 2 },
  },
};

for (const [name, packet] of Object.entries(TAKEN)) {
  Deno.test(`the SDK takes ${name}`, () => checkForSdk(packet));
}

for (const [name, packet] of Object.entries(REFUSED)) {
  Deno.test(`the SDK would end its session on ${name}`, () => {
    assertThrows(() => checkForSdk(packet), ContractError, "the SDK does not take it");
  });
}
