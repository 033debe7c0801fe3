import { EVENT_STREAM, JSON_BODY, type Peer } from "../peer.ts";

/** A hub on Go's `net/http` that writes and flushes each message: a baseline. */
export const go: Peer = {
  name: "go",
  label: "plain Go",
  async prepare({ buildGo, run }) {
    const program = await buildGo("peers/go");
    const version = /go(\d\S*)/.exec(await run("go", ["version"]))?.[1] ?? "";
    return {
      version,
      command: ({ hostname, port }) => Promise.resolve({ program, args: [`${hostname}:${port}`] }),
      subscribe: { method: "GET", path: "/stream", headers: EVENT_STREAM },
      publish: (body) => ({ method: "POST", path: "/events", headers: JSON_BODY, body }),
    };
  },
};
