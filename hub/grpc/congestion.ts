/** Bytes that a connection may hold beyond what its other end has taken. */
export const MAX_OUTSTANDING = 1024 * 1024;
/** So many bytes are handed over between two looks: a look costs some microseconds. */
const LOOK_BYTES = 64 * 1024;
/** How often a full connection is looked at; nothing is looked at while none is full. */
const LOOK_MS = 5;

/** What Node documents of a socket and is needed here. */
export interface WrittenSocket {
  readonly bytesWritten: number;
}

/** What was handed to a connection and has not left the process. */
class Outstanding {
  #handed = 0;
  #written: number;

  constructor(private readonly socket: WrittenSocket) {
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

const connections = new WeakMap<WrittenSocket, Outstanding>();

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

  /**
   * @param socket undefined for a call that was over before it was looked at
   * @param onRoom told once after `passed` said true: go on
   */
  constructor(socket: WrittenSocket | undefined, private readonly onRoom: () => void) {
    if (socket === undefined) return;
    const known = connections.get(socket);
    this.#outstanding = known ?? new Outstanding(socket);
    if (known === undefined) connections.set(socket, this.#outstanding);
  }

  /** Somebody was asked to wait, and was not told to go on. */
  get isFull(): boolean {
    return this.#timer !== undefined;
  }

  /** Bytes were handed over: whether the next are to wait until `onRoom`. */
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
    this.onRoom();
  }
}
