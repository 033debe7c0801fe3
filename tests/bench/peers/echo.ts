import { JSON_BODY, type Peer } from "../peer.ts";

const MAIN = new URL("echo/main.ts", import.meta.url).pathname;

/** A bare `node:http` echo under Deno: the yardstick of ingest. It streams nothing. */
export const echo: Peer = {
  name: "echo",
  label: "bare node:http echo on Deno",
  prepare() {
    return Promise.resolve({
      version: Deno.version.deno,
      command: ({ hostname, port }) =>
        Promise.resolve({
          program: Deno.execPath(),
          args: [
            "run",
            "--no-prompt",
            "--frozen",
            `--allow-net=${hostname}`,
            MAIN,
            `${hostname}:${port}`,
          ],
        }),
      subscribe: { method: "GET", path: "/" },
      publish: (body) => ({ method: "POST", path: "/", headers: JSON_BODY, body }),
    });
  },
};
