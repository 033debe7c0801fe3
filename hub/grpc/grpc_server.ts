import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TLSSocket,
} from "node:tls";
import type { ListenAddress } from "../../contracts/listen_address.ts";
import { Code } from "../server/refusal.ts";
import type { Identity } from "../tls/certificate_files.ts";
import type { CallMetrics } from "./call_metrics.ts";
import { type KeepAlive, Silence } from "./keep_alive.ts";
import { type CallLimits, type Client, ServerCall } from "./server_call.ts";
import { WatchedSocket } from "./watched_socket.ts";

export interface GrpcServerOptions {
  /** Certificate, key and the authority that clients are held to; undefined without TLS. */
  readonly identity: Identity | undefined;
  /** What answers each path, as `/transport.v1.HubService/Process`. */
  readonly methods: Readonly<Record<string, (call: ServerCall) => void>>;
  readonly limits: CallLimits;
  /** Calls that one connection may have at a time. */
  readonly maxStreams: number;
  /**
   * Connections that may be open, those that have not said who they are included; more are closed at
   * once. One costs some 75 kB before anybody knows whose it is.
   */
  readonly maxConnections: number;
  readonly keepAlive: KeepAlive;
  /** Counts the calls of `methods`. */
  readonly calls: CallMetrics;
  /** Told of a connection that is closed because its other end is silent. */
  readonly onSilent: (client: Client) => void;
}

/** Time for the last statuses to leave; whoever keeps a connection open is cut off then. */
const CLOSE_MS = 500;
/** Time for a client to say who it is. */
const HANDSHAKE_MS = 10_000;

/**
 * A gRPC server for bidirectional streams of small messages, over mutual TLS 1.3. grpc-js spends
 * about fifteen microseconds on each message (a promise, a pause, a write and a callback); here a
 * message costs what its bytes cost (tests/bench/hub).
 */
export class GrpcServer {
  readonly #server: Server | TlsServer;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(private readonly options: GrpcServerOptions) {
    const { identity } = options;
    if (identity === undefined) {
      this.#server = createServer((socket) => this.#connected(socket, undefined));
      this.#server.maxConnections = options.maxConnections;
      return;
    }
    this.#server = createTlsServer({
      ...contextOf(identity),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_MS,
    }, (socket) => {
      // Deno 2.9.2 ignores both `minVersion` and `ciphers` of node:tls servers (measured: a client
      // that offers 1.2 gets 1.2), so it is looked at here, before the first frame is read.
      if (socket.getProtocol() !== "TLSv1.3") socket.destroy();
      else this.#connected(socket, socket);
    });
    this.#server.maxConnections = options.maxConnections;
    // A fault of one connection, which is closed: there is nothing else to be done about it.
    this.#server.on("tlsClientError", () => {});
  }

  /**
   * @returns the port
   * @throws {Error} when the address cannot be had
   */
  listen({ hostname, port }: ListenAddress): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once("error", reject);
    this.#server.listen(port, hostname, () => {
      this.#server.off("error", reject);
      this.#server.on("error", () => {});
      resolve((this.#server.address() as AddressInfo).port);
    });
    return promise;
  }

  /** New connections get the new certificate, those that are there stay. */
  reload(identity: Identity): void {
    (this.#server as TlsServer).setSecureContext(contextOf(identity));
  }

  /** Takes no more connections and calls, and ends the connections when their calls are over. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const session of this.#sessions) session.close();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
      resolve();
    }, CLOSE_MS);
    await promise;
    clearTimeout(timer);
  }

  #connected(socket: Socket, tls: TLSSocket | undefined): void {
    const calls = new Map<number, ServerCall>();
    const watched = new WatchedSocket(socket, (stream, bytes) => calls.get(stream)?.sent(bytes));
    const session = performServerHandshake(watched, {
      settings: { maxConcurrentStreams: this.options.maxStreams },
      // A stream that is not read holds its window; by the default of 10 MB others would be refused.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    const client = {
      names: tls?.getPeerCertificate().subjectaltname,
      address: `${socket.remoteAddress}:${socket.remotePort}`,
    };
    session.on("stream", (stream, headers) => {
      const call = this.#serve(stream, headers, client);
      const { id } = stream;
      if (call === undefined || id === undefined) return;
      calls.set(id, call);
      stream.on("close", () => calls.delete(id));
    });
    this.#sessions.add(session);
    const silence = new Silence(this.options.keepAlive);
    const looks = setInterval(() => {
      const next = silence.look(watched.bytesRead);
      if (next === "ping" && !session.destroyed) session.ping(() => {});
      if (next !== "close") return;
      this.options.onSilent(client);
      session.destroy();
    }, silence.every);
    // A fault of this connection, which is closed.
    session.on("error", () => {});
    session.on("close", () => {
      clearInterval(looks);
      this.#sessions.delete(session);
    });
  }

  /** @returns undefined for what is no gRPC */
  #serve(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    client: Client,
  ): ServerCall | undefined {
    const { methods, limits, calls } = this.options;
    if (!/^application\/grpc(?:[+;]|$)/.test(headers["content-type"] ?? "")) {
      stream.on("error", () => {});
      stream.respond({ ":status": 415 }, { endStream: true });
      stream.resume();
      return undefined;
    }
    const path = headers[":path"] ?? "";
    const method = Object.hasOwn(methods, path) ? methods[path] : undefined;
    const stats = method && calls.of(path);
    const call = new ServerCall(stream, headers, client, limits, stats);
    if (method === undefined) call.end(Code.unimplemented, `there is no method ${path}`);
    else method(call);
    return call;
  }
}

function contextOf({ certificate, key, authority }: Identity) {
  return { ca: authority, cert: certificate, key };
}
