import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Wire } from "../server/wire.ts";
import { Congestion, type WrittenSocket } from "./congestion.ts";

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

/** A call of a grpc-js server as a wire. */
export function wireOf(call: Call): Wire {
  let ended = false;
  const congestion = new Congestion(socketOf(call), () => call.emit("drain"));
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

/**
 * The socket of a call, which grpc-js does not hand out.
 *
 * @throws {TypeError} when grpc-js keeps it elsewhere than 1.14 does: memory would not be bounded
 */
function socketOf(call: Call): WrittenSocket | undefined {
  const { stream } = (call as unknown as {
    call?: { stream?: { session?: { socket?: Partial<WrittenSocket> }; destroyed?: boolean } };
  }).call ?? {};
  const socket = stream?.session?.socket;
  if (typeof socket?.bytesWritten === "number") return socket as WrittenSocket;
  // A call that was over before it was looked at holds nothing.
  if (call.cancelled || stream?.destroyed) return undefined;
  throw new TypeError("grpc-js keeps the connection of a call elsewhere than expected");
}
