import { EVENT_STREAM, JSON_BODY, type Peer } from "../peer.ts";
import { signToken } from "../token.ts";

const MODULE = "github.com/centrifugal/centrifugo/v5";
const SECRET = "bench";

/** Centrifugo with its SSE transport for clients without its SDK, in memory, without history. */
export const centrifugo: Peer = {
  name: "centrifugo",
  label: "Centrifugo",
  async prepare({ buildGo, goModule }) {
    const program = await buildGo("peers/centrifugo", MODULE);
    // A client of uni_sse cannot subscribe by itself: its token names its channels.
    const token = await signToken(SECRET, { sub: "", channels: ["bench"] });
    const connect = encodeURIComponent(JSON.stringify({ token }));
    return {
      version: await goModule("peers/centrifugo", MODULE),
      async command({ hostname, port, folder }) {
        const config = {
          address: hostname,
          port: String(port),
          token_hmac_secret_key: SECRET,
          api_insecure: true,
          uni_sse: true,
          log_level: "error",
        };
        await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
        return { program, args: ["--config", `${folder}/config.json`] };
      },
      subscribe: {
        method: "GET",
        path: `/connection/uni_sse?cf_connect=${connect}`,
        headers: EVENT_STREAM,
      },
      publish: (message) => ({
        method: "POST",
        path: "/api/publish",
        headers: JSON_BODY,
        body: `{"channel":"bench","data":${message}}`,
      }),
    };
  },
};
