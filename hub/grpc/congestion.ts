import type { ServerDuplexStream } from "@grpc/grpc-js";

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

/** Bytes that a connection may hold beyond what its other end has taken. */
export const MAX_OUTSTANDING = 1024 * 1024;
/** So many bytes are handed over between two looks: a look costs some microseconds. */
const LOOK_BYTES = 64 * 1024;
/** How often a full connection is looked at; nothing is looked at while none is full. */
const LOOK_MS = 5;

/** What Node documents of a socket and is needed here. */
interface Socket {
  readonly bytesWritten: number;
}

/** What was handed to a connection and has not left the process. */
class Outstanding {
  #handed = 0;
  #written: number;

  constructor(private readonly socket: Socket) {
    this.#written = socket.bytesWritten;
  }

  add(bytes: number): void {
    this.#handed += bytes;
  }

  /**
   * Frame headers count as written and not as handed over, so this says too little rather than too
   * much: by about 1/1000 of what passed since the connection was last empty.
   */
  get bytes(): number {
    const { bytesWritten } = this.socket;
    const left = this.#handed - (bytesWritten - this.#written);
    if (left > 0) return left;
    this.#handed = 0;
    this.#written = bytesWritten;
    return 0;
  }
}

const connections = new WeakMap<Socket, Outstanding>();

/**
 * Notices a peer that does not read. Deno 2.9.2 says that bytes are written as soon as nghttp2 has
 * them, whatever the peer's flow-control window: `write` never asks to wait, and everything for a
 * consumer that stands still would pile up in this process, outside of the heap. What the socket has
 * written tells. The calls of one connection share its room, as they share the connection.
 */
export class Congestion {
  readonly #outstanding: Outstanding | undefined;
  #unlooked = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly call: Call) {
    const socket = socketOf(call);
    if (socket === undefined) return;
    const known = connections.get(socket);
    this.#outstanding = known ?? new Outstanding(socket);
    if (known === undefined) connections.set(socket, this.#outstanding);
  }

  /** Bytes were handed over: whether the next are to wait until the call tells `drain`. */
  passed(bytes: number): boolean {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) return false;
    outstanding.add(bytes);
    this.#unlooked += bytes;
    if (this.#timer !== undefined) return true;
    if (this.#unlooked < LOOK_BYTES) return false;
    this.#unlooked = 0;
    if (outstanding.bytes <= MAX_OUTSTANDING) return false;
    this.#timer = setInterval(() => this.#look(outstanding), LOOK_MS);
    return true;
  }

  /** The call is over. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(outstanding: Outstanding): void {
    if (outstanding.bytes > MAX_OUTSTANDING / 2) return;
    this.stop();
    this.call.emit("drain");
  }
}

/**
 * The socket of a call, which grpc-js does not hand out.
 *
 * @throws {TypeError} when grpc-js keeps it elsewhere than 1.14 does: memory would not be bounded
 */
function socketOf(call: Call): Socket | undefined {
  const { stream } = (call as unknown as {
    call?: { stream?: { session?: { socket?: Partial<Socket> }; destroyed?: boolean } };
  }).call ?? {};
  const socket = stream?.session?.socket;
  if (typeof socket?.bytesWritten === "number") return socket as Socket;
  // A call that was over before it was looked at holds nothing.
  if (call.cancelled || stream?.destroyed) return undefined;
  throw new TypeError("grpc-js keeps the connection of a call elsewhere than expected");
}
