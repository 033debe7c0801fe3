import { EVENT_STREAM, type Peer } from "../peer.ts";
import { signToken } from "../token.ts";

/** As in `mercure/main.go`. */
const SECRET = "a secret of at least 256 bits, as HS256 wants it";
const PATH = "/.well-known/mercure";

/** The Mercure hub as a library, in its fastest form: in memory, without history. */
export const mercure: Peer = {
  name: "mercure",
  label: "Mercure",
  async prepare({ buildGo, goModule }) {
    const program = await buildGo("peers/mercure");
    const token = await signToken(SECRET, { mercure: { publish: ["*"] } });
    return {
      version: await goModule("peers/mercure", "github.com/dunglas/mercure"),
      command: ({ hostname, port }) => Promise.resolve({ program, args: [`${hostname}:${port}`] }),
      subscribe: { method: "GET", path: `${PATH}?topic=bench`, headers: EVENT_STREAM },
      publish: (message) => ({
        method: "POST",
        path: PATH,
        headers: {
          "Authorization": `Bearer ${token}`,
          "Content-Type": "application/x-www-form-urlencoded",
        },
        // URLSearchParams would encode the marker's ~, which RFC 3986 §2.3 leaves as it is.
        body: `topic=bench&data=${encodeURIComponent(message)}`,
      }),
    };
  },
};
