import { createSecureContext } from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { Identity } from "./certificate_files.ts";

/**
 * Client credentials of mutual TLS 1.3. Deno 2.9.2 holds `minVersion` on this side (measured: a
 * server that has only 1.2 gets the alert protocol_version), so that the handshake itself fails.
 */
export function tls13Client({ certificate, key, authority }: Identity): ChannelCredentials {
  return credentials.createFromSecureContext(
    createSecureContext({ ca: authority, cert: certificate, key, minVersion: "TLSv1.3" }),
  );
}
