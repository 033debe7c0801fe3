import type { Code } from "./refusal.ts";

/** The connection that a session writes to: a gRPC call, or a list in a test. */
export interface Wire {
  /**
   * Sends a frame; false: it is taken, but wait for `drained` before the next. The frame's bytes are
   * the writer's again once this returns.
   */
  write(frame: Uint8Array): boolean;
  /** Stops frames from being handed in; what the other side sends then waits on its own side. */
  pause(): void;
  resume(): void;
  /**
   * Ends the stream with a status.
   *
   * @param owner `host:port` of the hub that goes on with it
   */
  end(code: Code, detail: string, owner?: string): void;
}
