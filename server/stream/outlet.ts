import type { SharedBytes } from "./shared_bytes.ts";

/**
 * The one thing that the stream needs of an HTTP engine: a response body that takes bytes and says
 * when it has had enough. Whoever implements it calls the two callbacks; neither may be called from
 * within `write`.
 */
export interface Outlet {
  /** Sends bytes. False: they are taken, but send no more until `onDrain`. */
  write(shared: SharedBytes): boolean;
  /** Ends the body in order after what was written. */
  end(): void;
  /** Cuts the connection now. */
  destroy(): void;
  onDrain: () => void;
  onClose: () => void;
}
