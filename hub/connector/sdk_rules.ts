import { ContractError } from "../../contracts/contract_error.ts";
import { METADATA } from "../../contracts/transport/names.ts";
import { PACKET_MIME_TYPE } from "../../contracts/transport/packet_envelope.ts";
import type { DataPacket } from "../proto/messages.ts";

/**
 * The SDK keeps times as nanoseconds in an int64: what is later than this many milliseconds becomes
 * negative, which it refuses.
 */
export const LATEST_MS = 9_223_372_036_854;

/** A word with spaces around it, as Go's strings.TrimSpace has them. */
const PADDED = /^[\s\u0085]|[\s\u0085]$/u;
const KIND = /^[a-z0-9._-]*$/i;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** What Go's mime.ParseMediaType takes without a doubt; it refuses a parameter that comes twice. */
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(;\\s*(${TOKEN})=(${TOKEN}|"[^"\\\\]*"))?$`);

/**
 * Holds a packet to what the engram's SDK asks beyond the contract's rules. It ends its session on a
 * packet that is otherwise, and would again on the same one in each session after.
 *
 * @throws {ContractError}
 */
export function checkForSdk(packet: DataPacket): void {
  const { metadata = {}, audio, video, binary, envelope } = packet;
  for (const key of Object.keys(metadata)) if (PADDED.test(key)) refuse("a metadata key is padded");
  if (!KIND.test(kindOf(metadata))) refuse(`${METADATA.envelopeKind} is no word`);
  if (audio !== undefined) {
    if (!audio.pcm?.length) refuse("an audio frame without samples");
    if (PADDED.test(audio.codec ?? "")) refuse("the audio codec is padded");
  }
  if (video !== undefined) {
    if (!video.payload?.length) refuse("a video frame without content");
    if (PADDED.test(video.codec ?? "")) refuse("the video codec is padded");
    if (video.raw ? !video.width || !video.height : !video.codec) {
      refuse("a video frame needs a codec, or a width and a height");
    }
  }
  if (binary !== undefined) {
    if (!binary.payload?.length) refuse("a binary frame without content");
    if (binary.mimeType && !MEDIA_TYPE.test(binary.mimeType)) refuse("no media type");
  }
  const timestamp = audio?.timestampMs ?? video?.timestampMs ?? binary?.timestampMs ?? 0;
  if (BigInt(timestamp) > BigInt(LATEST_MS)) refuse("a frame's time is too late");
  if (!envelope?.chunkCount) return;
  if (binary === undefined) refuse("a chunk without a binary frame");
  // Nobody could tell before the SDK has put it together whether it is one.
  if (isPacketType(binary?.mimeType)) refuse("a chunk of a structured packet");
  if (envelope.chunkBytes && envelope.chunkBytes !== binary?.payload?.length) {
    refuse("chunkBytes is not the chunk's size");
  }
}

/** What the packet's producer says that it is; empty when it says nothing. */
export function kindOf(metadata: Readonly<Record<string, string>>): string {
  return (metadata[METADATA.envelopeKind] ?? "").trim();
}

/** Whether a frame of this type holds a structured packet, whatever its parameters. */
export function isPacketType(mimeType = ""): boolean {
  return mimeType.split(";")[0]?.trim().toLowerCase() === PACKET_MIME_TYPE;
}

function refuse(detail: string): never {
  throw new ContractError(`the SDK does not take it: ${detail}`);
}
