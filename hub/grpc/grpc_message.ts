/**
 * A status's message as the `grpc-message` trailer has it: percent-encoded UTF-8, printable ASCII but
 * for the percent sign as it is (gRPC over HTTP/2, "Status-Message"). Cut to a length that every
 * header limit has room for.
 */
export function encodeGrpcMessage(text: string): string {
  // A lone surrogate has no UTF-8: encodeURIComponent would throw.
  return text.slice(0, MAX_LENGTH).toWellFormed().replaceAll(
    /[^\x20-\x24\x26-\x7e]+/gu,
    encodeURIComponent,
  );
}

const MAX_LENGTH = 1024;
