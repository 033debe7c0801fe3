import type { FlowMessage } from "../contracts/flow.ts";

/**
 * A `fetch` that is a router which has nothing, takes everything and shows it to `print`, one
 * message at a time, in the order in which a real one would get them.
 */
export function dryRunFetch(print: (message: FlowMessage) => void): typeof fetch {
  let seq = 0;
  return (_input, init) => {
    if (init?.method !== "POST") {
      // Asked about a state, that is the state.
      const etag = new Headers(init?.headers).get("if-none-match");
      return Promise.resolve(
        etag === null
          ? new Response(null, { status: 404 })
          : new Response(null, { status: 304, headers: { etag } }),
      );
    }
    const messages: FlowMessage[] = [JSON.parse(String(init.body))].flat();
    for (const message of messages) print(message);
    seq += messages.length;
    return Promise.resolve(Response.json({ seq, epoch: "dryrun" }));
  };
}
