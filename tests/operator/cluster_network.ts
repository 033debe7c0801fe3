import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createConnection, type Socket } from "node:net";

/** Names of a cluster, and the ports of this machine that stand behind them. */
export interface ClusterNetwork extends AsyncDisposable {
  /** To be the `grpc_proxy` of whoever is in the cluster. */
  readonly url: string;
  /** Who was asked for, by `name:port`, in order. */
  readonly asked: readonly string[];
  /** Makes a Service: what dials `name:port` reaches a port of this machine. */
  serve(address: string, port: number): void;
}

/**
 * The cluster's DNS and Services, as a proxy: gRPC sends it `CONNECT name:port` (RFC 9110 §9.3.6) and
 * goes on with TLS for that very name. So programs dial what they would dial in a cluster.
 */
export async function startClusterNetwork(): Promise<ClusterNetwork> {
  const services = new Map<string, number>();
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    const address = request.url ?? "";
    asked.push(address);
    const port = services.get(address);
    if (port === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const target = createConnection({ host: "127.0.0.1", port }, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(target);
      target.pipe(client);
    });
    for (const [one, other] of [[client, target], [target, client]] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    serve: (address, port) => void services.set(address, port),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
