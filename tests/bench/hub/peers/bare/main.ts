/**
 * A forwarder on bare grpc-js: what step a of a run sends goes to its step b as it came, without a
 * look at it and without a buffer of its own. The best that grpc-js does alone under Deno.
 */
import { Buffer } from "node:buffer";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from "@grpc/grpc-js";

type Call = ServerDuplexStream<Buffer, Buffer>;

const same = (bytes: Buffer) => bytes;

const SERVICE: ServiceDefinition = {
  Process: {
    path: "/transport.v1.HubService/Process",
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};

/** The consumers, by run; the load client opens a run's consumer before its producer. */
const consumers = new Map<string, Call>();

function serve(call: Call): void {
  const header = (name: string) => String(call.metadata.get(name)[0]);
  const run = header("storyrun-name");
  call.sendMetadata(new Metadata());
  call.on("error", () => {});
  if (header("current-step-id") === "b") {
    consumers.set(run, call);
    call.resume();
    return;
  }
  const to = consumers.get(run);
  call.on("data", (message: Buffer) => {
    if (to?.write(message) === false) {
      call.pause();
      to.once("drain", () => call.resume());
    }
  });
}

const [address = "127.0.0.1:9000", folder = ""] = Deno.args;
const read = (name: string) => Buffer.from(Deno.readFileSync(`${folder}/${name}`));
const server = new Server({
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
});
server.addService(SERVICE, { Process: serve });
const credentials = folder === ""
  ? ServerCredentials.createInsecure()
  : ServerCredentials.createSsl(
    read("ca.crt"),
    [{ cert_chain: read("tls.crt"), private_key: read("tls.key") }],
    true,
  );
server.bindAsync(address, credentials, (error) => {
  if (error) throw error;
});
