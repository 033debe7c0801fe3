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

/** Time for the last statuses to leave; whoever keeps a connection open is cut off then. */
const SHUTDOWN_MS = 500;

export async function shutDownServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.tryShutdown(() => resolve());
  const timer = setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, SHUTDOWN_MS);
  await promise;
  clearTimeout(timer);
}
