import type { HubPeer } from "../peer.ts";

/** A forwarder on grpc-js that does nothing else: the best that grpc-js does alone. */
export const bare: HubPeer = {
  name: "bare",
  label: "bare grpc-js",
  legs: ["plain"],
  async prepare() {
    const { imports, tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    const version = /@([\d.]+)$/.exec(imports["@grpc/grpc-js"])?.[1] ?? "";
    // The hub's own flags, so that nothing but the program differs; grpc-js asks for variables.
    const command = (tasks.hub.command as string)
      .replace(/'--allow-env=[^']*'/, "--allow-env")
      .replace(/\S+$/, "tests/bench/hub/peers/bare/main.ts");
    return {
      version,
      command: ({ hostname, port }, { certificates = "" }) => ({
        program: "sh",
        args: ["-c", `exec ${command} "$@"`, "sh", `${hostname}:${port}`, certificates],
      }),
    };
  },
};
