import type { Server, ServerCredentials } from "@grpc/grpc-js";

/** Listens on one more address; returns the real port. */
export function bindServer(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => error ? reject(error) : resolve(port));
  });
}
