import type { FlowMessage } from "../../contracts/flow.ts";
import type { EncodedMessage } from "../log/flow_log.ts";

/** A message as the router takes it, its JSON text beside it. */
export function encoded(message: FlowMessage): EncodedMessage {
  return { message, json: JSON.stringify(message) };
}
