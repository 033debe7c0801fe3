import { Buffer } from "node:buffer";
import { gunzipSync, inflateSync } from "node:zlib";
import { FrameError } from "./deframer.ts";

/** What this end can read, as the `grpc-accept-encoding` header says it. */
export const ACCEPTED_ENCODINGS = "identity,gzip,deflate";

/** Reads one compressed message. */
export type Decompress = (message: Uint8Array) => Uint8Array;

/**
 * How to read the compressed messages of a stream.
 *
 * @param encoding its `grpc-encoding` header
 * @param maxLength bytes that a message may have when it is decompressed
 * @returns undefined for an encoding that is not known here
 */
export function decompressor(encoding: string, maxLength: number): Decompress | undefined {
  if (encoding === "identity") {
    return () => {
      throw new FrameError("malformed", "a message that says it is compressed, with no encoding");
    };
  }
  const inflate = encoding === "gzip"
    ? gunzipSync
    : encoding === "deflate"
    ? inflateSync
    : undefined;
  if (inflate === undefined) return undefined;
  return (message) => {
    try {
      const bytes = inflate(Buffer.from(message), { maxOutputLength: maxLength });
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
        throw new FrameError("oversize", `a message of more than ${maxLength} bytes when inflated`);
      }
      throw new FrameError("malformed", `a message that cannot be read as ${encoding}`);
    }
  };
}
