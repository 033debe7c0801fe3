import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { parseArgs } from "node:util";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../../contracts/transport/packet_envelope.ts";
import {
  LEDGER_HEADER,
  LegLedger,
  readStatement,
  writeStatement,
} from "../../../hub/delivery/leg_ledger.ts";
import { CONNECTOR_SERVICE } from "../../../hub/grpc/services.ts";
import { decode, encode } from "../../../hub/proto/codec.ts";
import { ControlRequest, DataMessage } from "../../../hub/proto/messages.ts";

/**
 * An engram that is killed: numbers go out, numbers come in. What it says on standard output has
 * happened, and outlives it: `s N` before a packet is sent, `g N` when one was taken, `b NAME SENT
 * RECEIVED` when it met a connector. It obeys lines on standard input: `until N` sends up to there,
 * `mark` means that everything sent so far has arrived.
 */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "" },
    from: { type: "string", default: "0" },
    about: { type: "string", default: "" },
    counts: { type: "boolean", default: false },
  },
});

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
type Call = ClientDuplexStream<Uint8Array, Uint8Array>;

const ledger = new LegLedger(`engram-${crypto.randomUUID()}`, readStatement(values.about));
let from = Number(values.from);
let next = from;
let until = from;
let data: Call | undefined;

function open(client: Client, method: keyof typeof CONNECTOR_SERVICE): Call {
  const metadata = new Metadata();
  metadata.set("bubu-transport-protocol", "1.0.0");
  if (values.counts && method === "Data") {
    metadata.set(LEDGER_HEADER, writeStatement(ledger.statement()));
  }
  const { path, requestSerialize, responseDeserialize } = CONNECTOR_SERVICE[method];
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  call.on("error", () => {});
  return call;
}

function received(bytes: Uint8Array, control: Call): void {
  const { binary, envelope } = decode(DataMessage, bytes);
  if (binary?.mimeType !== PACKET_MIME_TYPE) return;
  say(`g ${readPacketEnvelope(binary.payload!).payload?.n}`);
  ledger.received++;
  if (!envelope?.sequence) return;
  const { streamId = "", sequence, partition = "" } = envelope;
  control.write(encode(ControlRequest, {
    customAction: "downstream.delivered",
    metadata: {
      stream_id: streamId,
      sequence: String(sequence),
      partition,
      size_bytes: String(bytes.length),
    },
  }));
}

/** One connection to the connector, until it is over. */
async function session(): Promise<void> {
  const client = new Client(`127.0.0.1:${values.port}`, credentials.createInsecure());
  const control = open(client, "Control");
  control.on("data", () => {});
  const call = open(client, "Data");
  call.on("metadata", (answer: Metadata) => {
    const statement = readStatement(answer.get(LEDGER_HEADER)[0]?.toString());
    if (statement === undefined) return;
    ledger.meet(statement);
    const { name, sent, received } = ledger.book ?? statement;
    say(`b ${name} ${sent} ${received}`);
    data = call;
  });
  call.on("data", (bytes: Uint8Array) => received(bytes, control));
  const over = new Promise<void>((resolve) => call.on("status", () => resolve()));
  if (!values.counts) data = call;
  await over;
  data = undefined;
  // Nobody says what of it has arrived, so everything is sent again.
  if (!values.counts) next = from;
  client.close();
}

async function obey(): Promise<void> {
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "mark") from = next;
      else until = Number(line.slice("until ".length));
    }
  }
}

async function send(): Promise<void> {
  for (;;) {
    for (let burst = 0; burst < 5 && data !== undefined && next < until; burst++) {
      const n = next++;
      const payload = writePacketEnvelope({ version: "v1", kind: "data", payload: { n } });
      say(`s ${n}`);
      ledger.sent++;
      data.write(encode(DataMessage, { binary: { payload, mimeType: PACKET_MIME_TYPE } }));
    }
    await pause(4);
  }
}

void obey();
void send();
for (;;) {
  await session();
  await pause(30);
}
