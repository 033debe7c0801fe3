import type { HubPeer } from "../peer.ts";

/** A hub in Go with gRPC's generated code and a bounded channel a step. */
export const go: HubPeer = {
  name: "go",
  label: "plain Go",
  legs: ["plain"],
  async prepare({ buildGo, goModule }) {
    const program = await buildGo("hub/peers/go");
    const version = await goModule("hub/peers/go", "google.golang.org/grpc");
    return {
      version: `grpc-go ${version}`,
      command: ({ hostname, port }, { certificates }) => ({
        program,
        args: [`${hostname}:${port}`, ...certificates === undefined ? [] : [certificates]],
      }),
    };
  },
};
