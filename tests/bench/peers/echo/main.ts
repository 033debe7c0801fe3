/**
 * The least that `node:http` under Deno can do with a POST: read the body and send it back. What a
 * route costs on top of the engine is measured against it.
 */
import { createServer } from "node:http";
import { Buffer } from "node:buffer";
import process from "node:process";

const [hostname, port] = process.argv[2]!.split(":");

createServer((request, response) => {
  const parts: Uint8Array[] = [];
  request.on("data", (part: Uint8Array) => parts.push(part));
  request.on("end", () => {
    const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": body.length,
    });
    response.end(body);
  });
}).listen({ host: hostname!, port: Number(port) });
