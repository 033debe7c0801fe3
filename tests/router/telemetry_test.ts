import { assertEquals } from "@std/assert";
import { waitFor } from "../cluster/wait_for.ts";
import { RouterProcess } from "./router_process.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "b7ad6b7169203331";

/** What is looked at of a span (OTLP, JSON encoding). */
interface Span {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly name: string;
}

/** A collector of OTLP over HTTP. */
class Collector implements AsyncDisposable {
  readonly spans: Span[] = [];
  readonly metrics = new Set<string>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { resourceSpans = [], resourceMetrics = [] } = await request.json();
      for (const { scopeSpans } of resourceSpans) {
        for (const { spans } of scopeSpans) this.spans.push(...spans);
      }
      for (const { scopeMetrics } of resourceMetrics) {
        for (const { metrics } of scopeMetrics) {
          for (const { name } of metrics) this.metrics.add(name);
        }
      }
      return Response.json({});
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

Deno.test("Deno's own telemetry tells of requests as parts of their caller's trace", async () => {
  await using collector = new Collector();
  await using router = await RouterProcess.start({
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    },
  });
  const message = {
    type: "upsert-nodes",
    nodes: [{ id: "n", flowId: "f", label: "n", status: "running" }],
  };
  const response = await fetch(`${router.url}/v1/flows/f/events`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`,
    },
    body: JSON.stringify(message),
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  const span = await waitFor("the request's span", () => collector.spans[0]);
  assertEquals([span.traceId, span.parentSpanId, span.name], [TRACE_ID, SPAN_ID, "POST"]);
  await waitFor("metrics of V8", () => collector.metrics.has("v8js.memory.heap.limit"));
  assertEquals(router.complaints, "");
});
