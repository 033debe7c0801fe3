/** An engram as a program of its own: sends on what it gets, told by the SDK's environment alone. */
import { readBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { EngramClient } from "../../story/sample/engram_client.ts";

const { binding } = readBindingEnvelope(Deno.env.get("BUBU_TRANSPORT_BINDING") ?? "");
let sent = 0;
const client: EngramClient = new EngramClient({
  endpoint: binding.endpoint,
  async onPacket({ payload }) {
    await client.room();
    client.send(payload, {}, `echo-${sent++}`);
  },
});
await client.room();
Deno.stdout.writeSync(new TextEncoder().encode(`echo engram is process ${Deno.pid}\n`));
