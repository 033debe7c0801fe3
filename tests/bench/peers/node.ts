import { EVENT_STREAM, JSON_BODY, type Peer } from "../peer.ts";

const MAIN = new URL("node/main.mjs", import.meta.url).pathname;

/** A hub on Node's `node:http` that writes each message to each subscriber: a baseline. */
export const node: Peer = {
  name: "node",
  label: "plain Node",
  async prepare({ run }) {
    const version = (await run("node", ["--version"])).trim().replace(/^v/, "");
    return {
      version,
      command: ({ hostname, port }) =>
        Promise.resolve({ program: "node", args: [MAIN, `${hostname}:${port}`] }),
      subscribe: { method: "GET", path: "/stream", headers: EVENT_STREAM },
      publish: (body) => ({ method: "POST", path: "/events", headers: JSON_BODY, body }),
    };
  },
};
