import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Wire } from "../server/wire.ts";

/** A call of a grpc-js server as a wire. */
export function wireOf(call: ServerDuplexStream<Uint8Array, Uint8Array>): Wire {
  let ended = false;
  return {
    write: (frame) => ended || call.write(frame),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end(code, details) {
      if (ended) return;
      ended = true;
      call.emit("error", { code, details });
    },
  };
}
