import type { HubPeer } from "../peer.ts";

/**
 * The hub of this repository, with the command of `deno task hub`; without TLS, which that does not
 * offer, with the same flags.
 */
export const headrace: HubPeer = {
  name: "headrace",
  label: "Headrace",
  legs: ["plain", "batched"],
  async prepare() {
    const config = JSON.parse(await Deno.readTextFile("deno.json"));
    const command: string = config.tasks.hub.command;
    return {
      version: config.version,
      command: ({ hostname, port }, { certificates, stories }) => ({
        program: "sh",
        args: [
          "-c",
          `exec ${
            certificates === undefined
              ? command.replace(/\S+$/, "tests/bench/hub/peers/headrace/main.ts")
              : command
          }`,
        ],
        env: {
          HUB_LISTEN_ADDR: `${hostname}:${port}`,
          HUB_HTTP_LISTEN_ADDR: `${hostname}:0`,
          HUB_STORIES_FILE: stories,
          HUB_DRAIN_TIMEOUT: "0s",
          BUBU_HUB_TLS_CERT_FILE: `${certificates}/tls.crt`,
          BUBU_HUB_TLS_KEY_FILE: `${certificates}/tls.key`,
          BUBU_HUB_CA_FILE: `${certificates}/ca.crt`,
        },
      }),
    };
  },
};
