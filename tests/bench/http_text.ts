/** A request before it is text. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The whole HTTP/1.1 request as text, the way the load client sends it. */
export function httpText(addr: string, { method, path, headers = {}, body }: HttpRequest): string {
  const all: Record<string, string> = { Host: addr, ...headers };
  if (body !== undefined) all["Content-Length"] = String(new TextEncoder().encode(body).length);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}
