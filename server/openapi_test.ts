import { assert, assertEquals } from "@std/assert";
import { createApp } from "./app.ts";
import type { AppContext } from "./app.ts";
import { readServerConfig } from "./config.ts";
import { openApiDocument } from "./openapi.ts";
import { fluxEvent } from "./flux_events/testing/events.ts";
import { startServer } from "./testing/start_server.ts";

const document = openApiDocument();
const MESSAGE = {
  type: "upsert-nodes",
  nodes: [{ id: "a", flowId: "f", label: "a", status: "running" }],
};

const JSON_TYPE = { "Content-Type": "application/json" };

Deno.test("every route is described and nothing else is", () => {
  const app = createApp({ config: readServerConfig(() => undefined) } as AppContext);
  const running = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assertEquals(described.sort(), running.sort());
});

Deno.test("every reference leads somewhere", () => {
  const { components } = document as unknown as { components: { schemas: object } };
  for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert(name! in components.schemas, name);
  }
});

Deno.test("the router serves its description, and answers as it describes", async () => {
  await using server = await startServer({ maxFlows: 2 });
  assertEquals(
    await (await fetch(`${server.url}/openapi.json`)).json(),
    JSON.parse(JSON.stringify(document)),
  );
  const post = (body: string, type = "application/json", flow = "f") =>
    [
      "POST",
      "/v1/flows/{flowId}/events",
      { body, headers: { "Content-Type": type } },
      flow,
    ] as const;
  const requests: (readonly [string, string, RequestInit, string])[] = [
    post(JSON.stringify(MESSAGE)),
    post("{}"),
    post("x".repeat(2_000_000)),
    post("a=b", "application/x-www-form-urlencoded"),
    post(JSON.stringify(MESSAGE), "application/json", "g"),
    post(JSON.stringify(MESSAGE), "application/json", "one too many"),
    // Without a flow, then to one.
    ["POST", "/v1/flux/events", { body: JSON.stringify(fluxEvent()), headers: JSON_TYPE }, ""],
    [
      "POST",
      "/v1/flux/events",
      {
        body: JSON.stringify(fluxEvent({ metadata: { flow: "f", region: "a" } })),
        headers: JSON_TYPE,
      },
      "",
    ],
    ["GET", "/v1/flows/{flowId}/snapshot", {}, "f"],
    ["GET", "/v1/flows/{flowId}/snapshot", {}, "none"],
    ["GET", "/v1/flows/{flowId}/stream", {}, "f"],
    ["GET", "/v1/flows/{flowId}/stream", {}, "%00"],
    ["GET", "/v1/stream", {}, ""],
    ["GET", "/v1/flows", {}, ""],
    ["GET", "/", {}, ""],
    ["GET", "/ui/{name}", {}, ""],
    ["GET", "/healthz", {}, ""],
    ["GET", "/readyz", {}, ""],
    ["GET", "/metrics", {}, ""],
    ["POST", "/v1/session", {}, ""],
    ["DELETE", "/v1/session", {}, ""],
    ["DELETE", "/v1/flows/{flowId}", {}, "f"],
  ];
  for (const [method, path, init, flow] of requests) {
    const url = server.url +
      path.replace("{flowId}", flow.replaceAll(" ", "%20")).replace("{name}", "x");
    const response = await fetch(url, { ...init, method });
    await response.body?.cancel();
    const { responses } = document.paths[path]![method.toLowerCase()]!;
    const described = responses[response.status] as { content?: object } | undefined;
    assert(described !== undefined, `${method} ${path} answered ${response.status}`);
    const type = response.headers.get("Content-Type")?.split(";")[0];
    const types = Object.keys(described.content ?? {});
    assert(types.length === 0 || types.includes(type!), `${method} ${path} sent ${type}`);
  }
});
