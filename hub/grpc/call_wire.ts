import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Wire } from "../server/wire.ts";
import { Congestion } from "./congestion.ts";

/** A call of a grpc-js server as a wire. */
export function wireOf(call: ServerDuplexStream<Uint8Array, Uint8Array>): Wire {
  let ended = false;
  const congestion = new Congestion(call);
  call.once("cancelled", () => congestion.stop());
  call.once("finish", () => congestion.stop());
  return {
    write(frame) {
      if (ended) return true;
      const room = call.write(frame);
      return !congestion.passed(frame.length) && room;
    },
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end(code, details) {
      if (ended) return;
      ended = true;
      call.emit("error", { code, details });
    },
  };
}
