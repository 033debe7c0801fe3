// The event-stream hub that one writes in an afternoon with node:http: one write a message and
// subscriber. A baseline of the bench.
import { createServer } from "node:http";

const [hostname, port] = process.argv[2].split(":");
const subscribers = new Set();
let seq = 0;

function publish(request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const event = `id: ${++seq}\ndata: ${Buffer.concat(parts)}\n\n`;
    for (const subscriber of subscribers) subscriber.write(event);
    response.writeHead(204).end();
  });
}

function subscribe(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.flushHeaders();
  response.socket.setNoDelay(true);
  subscribers.add(response);
  response.once("close", () => subscribers.delete(response));
}

createServer((request, response) => {
  if (request.method === "POST") publish(request, response);
  else subscribe(response);
}).listen({ host: hostname, port: Number(port) });
