/**
 * Ports of loopback that nobody listens on. They are asked for together and let go together, so that
 * no two of them are the same; until they are used somebody else might take one.
 */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}
