import { HEADERS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { FOLLOW_HEADER, RELAY_HEADER, TAKEN_HEADER } from "../placement/headers.ts";
import { LEDGER_HEADER, readStatement, type Statement } from "../delivery/leg_ledger.ts";
import { BATCH_HEADER, BATCH_VERSION, STREAM_HEADER } from "../proto/frame.ts";
import { MAX_ID_LENGTH } from "../proto/messages.ts";
import { Code, Refusal } from "./refusal.ts";

/** Who a stream says it is. */
export interface Claim {
  readonly namespace: string;
  readonly storyRun: string;
  readonly step: string;
  readonly generation: number;
  /** Whether the other side is a connector of ours, which reads many messages a frame. */
  readonly batched: boolean;
  readonly capabilities: CapabilitiesMode;
  /** The stream that a connector of ours numbers its packets by. */
  readonly streamId?: string;
  /** What a connector of ours says of the packets that went either way. */
  readonly ledger?: Statement;
  /** From a connector that follows to another hub: `1`, or the endpoint that it was sent to. */
  readonly follow?: string;
  /** The hub that passes it on, which has judged the client's certificate. */
  readonly relayed?: string;
  /** That hub has taken the run, as of this version of its bindings. */
  readonly taken?: string;
}

export type CapabilitiesMode = "required" | "none" | "missing" | "invalid";

const MAX_INT32 = 2 ** 31 - 1;
const MAX_NAME = 253;

/**
 * Reads the headers of a stream, refusing it in the original's words and codes.
 *
 * @param header the first value of a header, undefined when there is none
 * @throws {Refusal}
 */
export function readClaim(header: (name: string) => string | undefined): Claim {
  const protocol = header(HEADERS.protocol)?.trim();
  if (protocol !== PROTOCOL_VERSION) {
    throw new Refusal(
      Code.failedPrecondition,
      `${HEADERS.protocol} must be ${PROTOCOL_VERSION}, not ${JSON.stringify(protocol ?? "")}`,
    );
  }
  const named = (name: string): string => {
    const value = header(name)?.trim();
    if (value === undefined || value === "") {
      throw new Refusal(Code.unknown, `missing ${name} metadata`);
    }
    if (value.length > MAX_NAME) throw new Refusal(Code.invalidArgument, `${name} is too long`);
    return value;
  };
  const streamId = header(STREAM_HEADER);
  const ledger = readStatement(header(LEDGER_HEADER));
  const follow = header(FOLLOW_HEADER);
  const relayed = header(RELAY_HEADER);
  const taken = header(TAKEN_HEADER);
  return {
    ...(streamId === undefined ? {} : { streamId: streamId.slice(0, MAX_ID_LENGTH) }),
    ...(follow === undefined ? {} : { follow }),
    ...(relayed === undefined ? {} : { relayed }),
    ...(taken === undefined ? {} : { taken }),
    ...(ledger === undefined ? {} : { ledger }),
    storyRun: named(HEADERS.storyRunName),
    namespace: named(HEADERS.storyRunNamespace),
    step: named(HEADERS.currentStepId),
    generation: readGeneration(header(HEADERS.connectorGeneration)),
    batched: header(BATCH_HEADER) === BATCH_VERSION,
    capabilities: readCapabilities(header(HEADERS.startupCapabilities)),
  };
}

function readGeneration(text: string | undefined): number {
  const value = Number(text?.trim());
  if (text !== undefined && /^\s*\d+\s*$/.test(text) && value > 0 && value <= MAX_INT32) {
    return value;
  }
  throw new Refusal(
    Code.failedPrecondition,
    `${HEADERS.connectorGeneration} must be an integer above 0, not ${JSON.stringify(text ?? "")}`,
  );
}

function readCapabilities(text: string | undefined): CapabilitiesMode {
  const mode = text?.trim();
  if (mode === undefined || mode === "") return "missing";
  return mode === "required" || mode === "none" ? mode : "invalid";
}
