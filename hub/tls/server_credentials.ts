import { Buffer } from "node:buffer";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { Server, ServerCredentials, type ServerOptions } from "@grpc/grpc-js";
import type { Identity } from "./certificate_files.ts";

/**
 * Server credentials of mutual TLS whose certificate can be replaced while the server runs: new
 * connections get the new one, those there are stay.
 */
export class ReloadingCredentials extends ServerCredentials {
  constructor(identity: Identity) {
    super({ requestCert: true, rejectUnauthorized: true }, contextOf(identity));
  }

  reload(identity: Identity): void {
    this.updateSecureContextOptions(contextOf(identity));
  }

  _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** What of grpc-js's server is reached for below; not part of its declared interface. */
interface Http2ServerMaker {
  createHttp2Server(credentials: ServerCredentials): {
    prependListener(event: "secureConnection", listener: (socket: TLSSocket) => void): void;
  };
}

/**
 * A gRPC server that takes TLS 1.3 and nothing older. Deno 2.9.2 ignores both `minVersion` and
 * `ciphers` of node:tls servers (measured: a client that offers 1.2 gets 1.2), so that connections
 * are looked at when their handshake is done, before the first frame is read.
 *
 * @throws {TypeError} when grpc-js no longer makes its server where this expects it
 */
export function tls13Server(options: ServerOptions): Server {
  const server = new Server(options);
  const maker = server as unknown as Http2ServerMaker;
  const make = maker.createHttp2Server;
  if (typeof make !== "function") throw new TypeError("grpc-js has no createHttp2Server any more");
  maker.createHttp2Server = function (credentials) {
    const http2 = make.call(this, credentials);
    http2.prependListener("secureConnection", (socket) => {
      if (socket.getProtocol() !== "TLSv1.3") socket.destroy();
    });
    return http2;
  };
  return server;
}

function contextOf({ certificate, key, authority }: Identity): SecureContextOptions {
  return {
    ca: Buffer.from(authority),
    cert: [Buffer.from(certificate)],
    key: [Buffer.from(key)],
  };
}
