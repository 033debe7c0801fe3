import type { BindingInfo } from "../../contracts/transport/binding_envelope.ts";
import { AUDIO_CODECS, VIDEO_CODECS } from "../../contracts/transport/resources.ts";
import { decode } from "../proto/codec.ts";
import { DataMessage, type DataPacket } from "../proto/messages.ts";
import { WireError } from "../proto/wire_error.ts";
import { isPacketType } from "./sdk_rules.ts";

/** What goes over a leg, by kind of frame; the names are a Transport's. */
export interface Capabilities {
  readonly audio?: {
    readonly name: string;
    readonly sampleRateHz?: number;
    readonly channels?: number;
  };
  readonly video?: { readonly name: string; readonly profile?: string };
  readonly binary?: string;
}

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(;.*)?$/;
const MAX_MEDIA_TYPE = 255;
/** One message in so long is looked at, in milliseconds: a codec changes seldom. */
const SAMPLE_MS = 1_000;
/** After a change: streams that switch to and fro must not keep everybody busy. */
const SETTLE_MS = 10_000;

/** The first of each list, which both sides start with: there is no negotiation. */
export function announcedCapabilities(
  { audioCodecs: [audio], videoCodecs: [video], binaryTypes: [binary] }: BindingInfo,
): Capabilities {
  return {
    ...(audio === undefined ? {} : { audio: { name: audio } }),
    ...(video === undefined ? {} : { video: { name: video } }),
    ...(binary === undefined ? {} : { binary }),
  };
}

/** As an engram is told of them; empty when there are none. */
export function capabilityMetadata(
  { audio, video, binary }: Capabilities,
): Record<string, string> {
  return {
    ...(audio === undefined ? {} : { "audio.codec": audio.name }),
    ...(audio?.sampleRateHz ? { "audio.sample_rate_hz": String(audio.sampleRateHz) } : {}),
    ...(audio?.channels ? { "audio.channels": String(audio.channels) } : {}),
    ...(video === undefined ? {} : { "video.codec": video.name }),
    ...(video?.profile ? { "video.profile": video.profile } : {}),
    ...(binary === undefined ? {} : { "binary.mime": binary }),
  };
}

/** Learns from the frames themselves what goes over a leg. */
export class CapabilityWatch {
  /** What was seen so far. */
  observed: Capabilities = {};
  /** Messages that were looked at and told nothing new. */
  skipped = 0;
  /** Messages that told of a capability, by its kind. */
  readonly events = new Map<string, number>();
  #next = -Infinity;

  /** @param now milliseconds; only differences count */
  constructor(readonly announced: Capabilities, private readonly now: () => number) {}

  /** What was seen, else what the binding announces. */
  get current(): Capabilities {
    return { ...this.announced, ...this.observed };
  }

  /** Looks at a DataRequest or DataResponse, if it is time; true when something has changed. */
  see(message: Uint8Array): boolean {
    const now = this.now();
    if (now < this.#next) return false;
    this.#next = now + SAMPLE_MS;
    const seen = capabilitiesOf(message);
    for (const kind of Object.keys(seen)) this.events.set(kind, (this.events.get(kind) ?? 0) + 1);
    const before = JSON.stringify(capabilityMetadata(this.current));
    const observed = { ...this.observed, ...seen };
    const after = JSON.stringify(capabilityMetadata({ ...this.announced, ...observed }));
    if (before === after) {
      this.skipped++;
      return false;
    }
    this.observed = observed;
    this.#next = now + SETTLE_MS;
    return true;
  }
}

function capabilitiesOf(message: Uint8Array): Capabilities {
  let data: DataPacket;
  try {
    data = decode(DataMessage, message);
  } catch (error) {
    // Whoever reads it for good says so.
    if (error instanceof WireError) return {};
    throw error;
  }
  const { audio, video, binary } = data;
  const type = binary?.mimeType?.trim() ?? "";
  const isType = MEDIA_TYPE.test(type) && type.length <= MAX_MEDIA_TYPE && !isPacketType(type);
  // The original's words for frames that do not say.
  const [sound, picture] = [
    known(AUDIO_CODECS, audio?.codec, "pcm16"),
    known(VIDEO_CODECS, video?.codec, "h264"),
  ];
  return {
    ...(audio === undefined || sound === undefined ? {} : {
      audio: {
        name: sound,
        ...(audio.sampleRateHz ? { sampleRateHz: audio.sampleRateHz } : {}),
        ...(audio.channels ? { channels: audio.channels } : {}),
      },
    }),
    ...(video === undefined || picture === undefined
      ? {}
      : { video: { name: picture, ...(video.raw ? { profile: "raw" } : {}) } }),
    ...(isType ? { binary: type } : {}),
  };
}

function known(names: readonly string[], said: string | undefined, fallback: string) {
  const name = said?.trim().toLowerCase() || fallback;
  return names.includes(name) ? name : undefined;
}
