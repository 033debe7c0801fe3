/**
 * A client of HubService.Process with @grpc/grpc-js, for tests/hub/clients_test.ts.
 *
 * Reads orders from standard input and tells what happens on standard output, one JSON object a
 * line; tests/hub/testing/foreign_client.ts says which. The first argument is the folder of the
 * .proto files.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const { HubService } = grpc.loadPackageDefinition(
  loadSync("transport/v1/hub.proto", { includeDirs: [process.argv[2]], longs: String }),
).transport.v1;
const { Process } = HubService.service;

const OPTIONS = {
  "grpc.max_receive_message_length": 10 * 1024 * 1024,
  // The hub has to hold its limit itself.
  "grpc.max_send_message_length": -1,
  "grpc.use_local_subchannel_pool": 1,
};

const tell = (stream, event) => process.stdout.write(`${JSON.stringify({ stream, ...event })}\n`);

/** google.protobuf.Struct is a message like others to proto-loader. */
function toValue(value) {
  if (value === null) return { nullValue: 0 };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  if (typeof value === "object") return { structValue: toStruct(value) };
  return { [`${typeof value === "boolean" ? "bool" : typeof value}Value`]: value };
}

const map = (entries, change) =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, change(value)]));
const toStruct = (object) => ({ fields: map(object, toValue) });
const fromStruct = (struct) => map(struct?.fields ?? {}, fromValue);

function fromValue({ nullValue, listValue, structValue, ...scalar }) {
  if (nullValue !== undefined) return null;
  if (listValue !== undefined) return (listValue.values ?? []).map(fromValue);
  return structValue === undefined ? Object.values(scalar)[0] : fromStruct(structValue);
}

function open({ open: name, address, ca, key, certificate, headers, credit }) {
  const pem = (text) => (text === undefined ? null : Buffer.from(text));
  const credentials = grpc.credentials.createSsl(pem(ca), pem(key), pem(certificate));
  const client = new grpc.Client(address, credentials, OPTIONS);
  const metadata = new grpc.Metadata();
  for (const [header, value] of Object.entries(headers)) metadata.set(header, value);
  const call = client.makeBidiStreamRequest(
    Process.path,
    (request) => Buffer.isBuffer(request) ? request : Process.requestSerialize(request),
    Process.responseDeserialize,
    metadata,
  );
  call.on("data", ({ packet }) => {
    if (!packet) return;
    if (packet.metadata?.["bubu-heartbeat"] === "true") return tell(name, { heartbeat: true });
    const sequence = packet.envelope?.sequence ?? "0";
    tell(name, {
      payload: fromStruct(packet.payload),
      metadata: packet.metadata ?? {},
      sequence: Number(sequence),
    });
    if (credit) call.write({ flow: { ack: sequence, creditsMessages: 1 } });
  });
  // The status says it all.
  call.on("error", () => {});
  call.on("status", ({ code, details }) => tell(name, { status: code, details }));
  return { call, client };
}

function send(call, from, count) {
  for (let n = from; n < from + count; n++) {
    const payload = toStruct({ n, text: "Grüße", list: [null, true, 1.5] });
    call.write({ packet: { metadata: { type: "chat.message.v1" }, payload } });
  }
}

const streams = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.open) streams.set(order.open, open(order));
  else if (order.send) send(streams.get(order.send).call, order.from, order.count);
  else if (order.raw) {
    const bytes = Buffer.concat([Buffer.from(order.hex, "hex"), Buffer.alloc(order.zeros)]);
    streams.get(order.raw).call.write(bytes);
  } else if (order.end) streams.get(order.end).call.end();
  else if (order.close) {
    const { call, client } = streams.get(order.close);
    streams.delete(order.close);
    call.cancel();
    client.close();
  }
}
process.exit(0);
