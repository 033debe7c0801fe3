/** Where a listener is bound. */
export interface ListenAddress {
  /** Absent means all addresses of the machine. */
  readonly hostname?: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/**
 * Reads a Go listen address: `:8081`, `127.0.0.1:8081`, `localhost:8081`, `[::1]:8081`.
 *
 * @returns undefined when the text is no listen address
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  const hostname = match[1] ?? match[2];
  return hostname ? { hostname, port } : { port };
}
