import { isObject, parse } from "./parse.ts";
import {
  type FlowControlSettings,
  type Lane,
  type StreamingSettings,
  streamingSettingsSchema,
} from "./streaming_settings.ts";

/** What a `Transport` says about streaming: the free-form part and the typed one. */
export interface TransportLayer {
  readonly defaultSettings?: unknown;
  readonly streaming?: unknown;
}

/** What one of `Story.spec.transports` says about streaming. */
export interface StoryLayer {
  readonly settings?: unknown;
  readonly streaming?: unknown;
}

/** Downstreams that one packet may go to when nobody says otherwise. */
export const DEFAULT_MAX_DOWNSTREAMS = 32;

/** Capacity of a lane when nobody says otherwise. */
export const DEFAULT_LANE = {
  direction: "bidirectional",
  maxMessages: 100,
  maxBytes: 1_048_576,
} as const;

const DEFAULT_ACK = { messages: 10, maxDelay: "250ms" } as const;
const DEFAULT_PAUSE = { bufferPct: 90 } as const;
const DEFAULT_RESUME = { bufferPct: 50 } as const;

/**
 * Joins two JSON values: objects field by field, recursively; arrays and scalars of `over` replace
 * those of `base`. An absent field or null of `over` says nothing.
 */
export function deepMerge(base: unknown, over: unknown): unknown {
  if (over === undefined || over === null) return base;
  if (!isObject(over)) return over;
  const merged = new Map(isObject(base) ? Object.entries(base) : []);
  for (const [key, value] of Object.entries(over)) {
    if (value !== undefined && value !== null) merged.set(key, deepMerge(merged.get(key), value));
  }
  // fromEntries defines properties, so that a key named __proto__ stays data.
  return Object.fromEntries(merged);
}

/**
 * The settings of one transport of one Story, in this order, the later the stronger, field by
 * field: built-in defaults, `Transport.spec.defaultSettings`, `Transport.spec.streaming`,
 * `Story.spec.transports[].settings`, `Story.spec.transports[].streaming`.
 *
 * The original fills the defaults into each layer before it joins them, so a Story that says
 * nothing overrules what its Transport says of flow control, lanes and downstreams. Here defaults
 * lie beneath all layers: a Transport's own words hold until a Story speaks.
 *
 * @throws {ContractError} naming the field that is wrong after the merge
 */
export function effectiveSettings(
  transport: TransportLayer | undefined,
  story: StoryLayer | undefined,
): StreamingSettings {
  const said = [
    transport?.defaultSettings,
    transport?.streaming,
    story?.settings,
    story?.streaming,
  ].reduce(deepMerge, {});
  return withDefaults(parse(streamingSettingsSchema, said, "streaming settings"));
}

/** Fills in what nobody said. Applying it twice changes nothing. */
export function withDefaults(settings: StreamingSettings): StreamingSettings {
  return {
    ...settings,
    flowControl: flowControlWithDefaults(settings.flowControl),
    routing: {
      ...settings.routing,
      maxDownstreams: settings.routing?.maxDownstreams ?? DEFAULT_MAX_DOWNSTREAMS,
    },
    lanes: lanesWithDefaults(settings.lanes),
  };
}

function flowControlWithDefaults(flow: FlowControlSettings | undefined): FlowControlSettings {
  const silent = flow === undefined || Object.values(flow).every((value) => value === undefined);
  const mode = silent ? "credits" : flow.mode;
  // A mode that is unset or "none" leaves the rest alone: nothing would read it.
  if (mode !== "credits" && mode !== "window") return { ...flow };
  return {
    ...flow,
    mode,
    ackEvery: { ...DEFAULT_ACK, ...flow?.ackEvery },
    pauseThreshold: { ...DEFAULT_PAUSE, ...flow?.pauseThreshold },
    resumeThreshold: { ...DEFAULT_RESUME, ...flow?.resumeThreshold },
  };
}

function lanesWithDefaults(lanes: readonly Lane[] | undefined): Lane[] {
  if (lanes === undefined || lanes.length === 0) {
    return (["audio", "video", "binary", "payload"] as const)
      .map((kind) => ({ name: kind, kind, ...DEFAULT_LANE }));
  }
  return lanes.map((lane) => ({
    ...lane,
    direction: lane.direction ?? DEFAULT_LANE.direction,
    maxMessages: lane.maxMessages ?? DEFAULT_LANE.maxMessages,
    maxBytes: lane.maxBytes ?? DEFAULT_LANE.maxBytes,
  }));
}
