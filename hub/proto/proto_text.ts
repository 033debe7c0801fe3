import type { Bounds, Field, MessageType } from "./message_type.ts";
import {
  AudioFrame,
  BinaryFrame,
  ControlAction,
  ControlError,
  ControlRequest,
  ControlResponse,
  DataMessage,
  DataPacket,
  FlowControl,
  FlowControlSignal,
  PartitionAck,
  StreamEnvelope,
  TransportConfig,
  TransportDescriptor,
  VideoFrame,
} from "./messages.ts";

/**
 * The tables of `messages.ts` as `.proto` files, for users of other languages: what they generate
 * their code from cannot differ from what we read and write.
 */
export function protoFiles(): Map<string, string> {
  return new Map([["transport.proto", TRANSPORT], ["hub.proto", HUB]]);
}

/** What is said of a message beside its table. */
interface Remarks {
  readonly name?: string;
  readonly comment?: string;
  /** Numbers and names of fields that were, and must not come again. */
  readonly reserved?: string;
}

const ENUMS = { action: "ControlAction", signal: "FlowControlSignal" } as const;
const STRUCT = "google.protobuf.Struct";
const MEBIBYTE = 1024 * 1024;

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const upper = (name: string) => snake(name).toUpperCase().replace(/^_/, "");
const size = (value: number) =>
  value >= MEBIBYTE && value % MEBIBYTE === 0 ? `${value / MEBIBYTE} MiB` : String(value);

/** An enumeration; proto3 wants the values of one to begin with its name. */
function enumText(name: string, values: Readonly<Record<string, number>>): string {
  const lines = Object.entries(values).map(([value, number]) =>
    `  ${upper(name)}_${upper(value)} = ${number};\n`
  );
  return `enum ${name} {\n${lines.join("")}}\n`;
}

function messageText(type: MessageType<unknown>, remarks: Remarks = {}): string {
  const { name = type.name, comment = "", reserved } = remarks;
  const fields = type.fields.filter((field) => field !== undefined);
  let body = (reserved ?? "").split("\n").filter(Boolean).map((line) => `  reserved ${line};\n`)
    .join("");
  let group: string | undefined;
  for (const field of fields) {
    if (field.oneof !== group) {
      if (group !== undefined) body += "  }\n";
      if (field.oneof !== undefined) body += `  oneof ${field.oneof} {\n`;
      group = field.oneof;
    }
    body += `${group === undefined ? "" : "  "}  ${fieldText(field)}\n`;
  }
  if (group !== undefined) body += "  }\n";
  return `${comment}message ${name} {\n${body}}\n`;
}

function fieldText(field: Field): string {
  const { name, number, maxItems } = field;
  const repeated = maxItems === undefined ? "" : "repeated ";
  const bounds = boundsText(field);
  const comment = bounds === "" ? "" : ` // ${bounds}`;
  return `${repeated}${typeText(field)} ${snake(name)} = ${number};${comment}`;
}

function typeText({ kind, name, message }: Field): string {
  if (kind === "map") return "map<string, string>";
  if (kind === "enum") return ENUMS[name as keyof typeof ENUMS];
  if (kind !== "message") return kind;
  const type = message?.().name ?? "";
  return type === "Struct" ? STRUCT : type;
}

function boundsText({ bounds, map, maxItems }: Field): string {
  if (map !== undefined) {
    const { min = 0, max = 0 } = map.key;
    return `at most ${map.maxPairs} pairs of ${min}..${max} and at most ${map.value.max} characters`;
  }
  return maxItems === undefined ? rangeText(bounds) : `at most ${maxItems}`;
}

function rangeText({ min, max }: Bounds = {}): string {
  if (min !== undefined && max !== undefined) return `${min}..${max}`;
  if (max !== undefined) return `at most ${size(max)}`;
  return min === undefined ? "" : `at least ${min}`;
}

const HEAD = `syntax = "proto3";

package transport.v1;

import "google/protobuf/struct.proto";
`;

const TRANSPORT = [
  `// What an engram and its connector say to each other, and the parts of a packet. Wire compatible
// with the protocol that engrams of bubustack speak, protocol version 1.0.0. Made from messages.ts.
// Lengths of text count characters.
${HEAD}`,
  enumText("ControlAction", ControlAction),
  enumText("FlowControlSignal", FlowControlSignal),
  messageText(AudioFrame),
  messageText(VideoFrame),
  messageText(BinaryFrame),
  messageText(TransportConfig),
  messageText(TransportDescriptor, { reserved: '4\n"config"' }),
  messageText(StreamEnvelope, {
    comment:
      `// Without a chunk count no other chunk field may be set; with one, chunk and stream are named and
// the index is below the count.
`,
  }),
  messageText(PartitionAck),
  messageText(FlowControl, { reserved: "4, 5" }),
  messageText(DataMessage),
  messageText(DataMessage, { name: "DataResponse" }),
  messageText(ControlError),
  messageText(ControlRequest),
  messageText(ControlResponse),
  `service TransportConnectorService {
  rpc Data(stream DataRequest) returns (stream DataResponse);
  rpc Control(stream ControlRequest) returns (stream ControlResponse);
}
`,
].join("\n");

const HUB = [
  `// The packet bus between connectors and the hub, and between connectors of a P2P pair. Wire
// compatible with the protocol that engrams of bubustack speak, protocol version 1.0.0. Made from
// messages.ts.
${HEAD}import "transport/v1/transport.proto";
`,
  messageText(DataPacket, { comment: "// What travels between steps.\n" }),
  `message ProcessRequest {
  DataPacket packet = 1;
  FlowControl flow = 2;
  // Own legs only, after both sides said \`headrace-batch: 1\`: further messages of the same frame.
  // Others read it as an unknown field.
  repeated ProcessRequest batch = 2000;
}
`,
  `message ProcessResponse {
  DataPacket packet = 1;
  FlowControl flow = 2;
  repeated ProcessResponse batch = 2000;
}
`,
  `service HubService {
  rpc Process(stream ProcessRequest) returns (stream ProcessResponse);
}
`,
].join("\n");

if (import.meta.main) {
  for (const [name, text] of protoFiles()) {
    await Deno.writeTextFile(new URL(`./transport/v1/${name}`, import.meta.url), text);
  }
}
