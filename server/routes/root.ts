import { accepts } from "@std/http/negotiation";
import type { Handler } from "hono";
import type { AppContext, Env } from "../app.ts";
import { assetResponse } from "./ui.ts";

/** The asset that a browser gets at `/`. */
const PAGE = "page.html";

const DESCRIPTOR = {
  service: "headrace-server",
  docs: "/openapi.json",
  description: "Routes flow messages to live viewers, with replay",
  endpoints: {
    healthz: "GET /healthz",
    readyz: "GET /readyz",
    metrics: "GET /metrics",
    session: "POST /v1/session",
    flows: "GET /v1/flows",
    ingest: "POST /v1/flows/{flowId}/events",
    snapshot: "GET /v1/flows/{flowId}/snapshot",
    stream: "GET /v1/flows/{flowId}/stream",
    streams: "GET /v1/stream?flow={pattern}",
    delete: "DELETE /v1/flows/{flowId}",
  },
};

/** `GET /`: the page for a browser, what this is for anything else. */
export function root({ assets }: AppContext): Handler<Env> {
  return (c) => {
    const page = assets.get(PAGE);
    const html = accepts(c.req.raw, "application/json", "text/html") === "text/html";
    const response = html && page !== undefined ? assetResponse(page) : c.json(DESCRIPTOR);
    response.headers.set("Vary", "Accept");
    return response;
  };
}
