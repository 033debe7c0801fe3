import { EVENT_STREAM, JSON_BODY, type Peer } from "../peer.ts";

const PATH = "/v1/flows/bench";

/** The router of this repository, with the command of `deno task server`. */
export const headrace: Peer = {
  name: "headrace",
  label: "Headrace",
  async prepare() {
    const config = JSON.parse(await Deno.readTextFile("deno.json"));
    const command: string = config.tasks.server.command;
    return {
      version: config.version,
      command: ({ hostname, port }) =>
        Promise.resolve({
          program: "sh",
          args: ["-c", `exec ${command}`],
          env: {
            FLOW_SERVER_LISTEN_ADDR: `${hostname}:${port}`,
            // All clients of the bench come from one address and read one flow.
            FLOW_SERVER_MAX_STREAMS: "50000",
            FLOW_SERVER_MAX_STREAMS_PER_FLOW: "50000",
            FLOW_SERVER_MAX_STREAMS_PER_ADDRESS: "50000",
          },
        }),
      subscribe: { method: "GET", path: `${PATH}/stream`, headers: EVENT_STREAM },
      resume: {
        method: "GET",
        path: `${PATH}/stream`,
        headers: { ...EVENT_STREAM, "Last-Event-ID": "{id}" },
      },
      publish: (body) => ({ method: "POST", path: `${PATH}/events`, headers: JSON_BODY, body }),
    };
  },
};

/** The path of the flow's snapshot. */
export const SNAPSHOT_PATH = `${PATH}/snapshot`;
/** The path that takes messages. */
export const EVENTS_PATH = `${PATH}/events`;
