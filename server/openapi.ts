import { z } from "zod";
import { flowMessageSchema } from "../contracts/flow.ts";
import { acceptedSchema, flowListSchema } from "../contracts/flow_summary.ts";
import { fluxEventAnswerSchema, fluxEventSchema } from "../contracts/flux_event.ts";
import { helloSchema, multiHelloSchema } from "../contracts/hello.ts";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "../contracts/problem.ts";

/** The part of an OpenAPI 3.1 document that is built here. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly [key: string]: unknown;
}

/** One method of one path. */
export interface Operation {
  readonly responses: Record<string, unknown>;
  readonly [key: string]: unknown;
}

const SCHEMAS = {
  FlowMessage: flowMessageSchema,
  Accepted: acceptedSchema,
  FlowList: flowListSchema,
  FluxEvent: fluxEventSchema,
  FluxEventAnswer: fluxEventAnswerSchema,
  Hello: helloSchema,
  MultiHello: multiHelloSchema,
  Problem: problemSchema,
};

type SchemaName = keyof typeof SCHEMAS;

const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: SchemaName) => ({ "application/json": { schema: ref(name) } });
const text = { "text/plain": { schema: { type: "string" } } };
const header = (description: string) => ({ description, schema: { type: "string" } });

const query = (name: string, description: string) => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
});

const flowId = {
  name: "flowId",
  in: "path",
  required: true,
  description: "Percent-encode what a path segment cannot hold",
  schema: { type: "string", maxLength: 512 },
};
const lastEventId = [
  {
    name: "Last-Event-ID",
    in: "header",
    description: "The last id that the reader saw; exactly what it missed follows",
    schema: { type: "string" },
  },
  {
    name: "last_event_id",
    in: "query",
    description: "For clients that cannot set the header, which wins; lastEventId works too",
    schema: { type: "string" },
  },
];

const PROBLEMS: Readonly<Record<number, string>> = {
  400: "The request cannot be understood; detail names the field",
  401: "No token, or one that is not good",
  403: "The token does not allow it",
  404: "No such flow",
  413: "More than a bound allows",
  415: "A content type that is not read",
  429: "Too much from this client; see Retry-After",
  503: "Not now; see Retry-After",
};

function problems(...statuses: number[]): Record<string, unknown> {
  return Object.fromEntries(statuses.map((status) => [status, {
    description: PROBLEMS[status],
    content: { [PROBLEM_MEDIA_TYPE]: { schema: ref("Problem") } },
  }]));
}

const stream = (description: string) => ({
  200: { description, content: { "text/event-stream": { schema: { type: "string" } } } },
});

const PATHS: OpenApiDocument["paths"] = {
  "/": {
    get: {
      summary: "The page for a browser, what this is for anything else",
      security: [],
      responses: {
        200: {
          description: "By Accept",
          content: { "text/html": {}, "application/json": { schema: { type: "object" } } },
        },
      },
    },
  },
  "/ui/{name}": {
    get: {
      summary: "A file of the page",
      security: [],
      parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
      responses: { 200: { description: "The file" }, ...problems(404) },
    },
  },
  "/healthz": {
    get: {
      summary: "The process answers",
      security: [],
      responses: { 200: { description: "ok", content: text } },
    },
  },
  "/readyz": {
    get: {
      summary: "Send traffic here",
      security: [],
      responses: {
        200: { description: "ok", content: text },
        503: { description: "draining", content: text },
      },
    },
  },
  "/metrics": {
    get: {
      summary: "Prometheus text format",
      responses: { 200: { description: "Metrics", content: text }, ...problems(401, 503) },
    },
  },
  "/openapi.json": {
    get: {
      summary: "This document",
      security: [],
      responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": {} } } },
    },
  },
  "/v1/session": {
    post: {
      summary: "Turn a bearer token into a cookie for reading",
      responses: {
        204: { description: "Logged in", headers: { "Set-Cookie": header("The session") } },
        ...problems(401, 503),
      },
    },
    delete: {
      summary: "Log out",
      security: [],
      responses: { 204: { description: "Logged out" } },
    },
  },
  "/v1/flows": {
    get: {
      summary: "The flows that the reader may see",
      responses: {
        200: { description: "By id", content: json("FlowList") },
        ...problems(401, 503),
      },
    },
  },
  "/v1/flows/{flowId}": {
    delete: {
      summary: "Forget a flow and end its streams",
      parameters: [flowId],
      responses: {
        204: { description: "Forgotten, or never known" },
        ...problems(400, 401, 403, 503),
      },
    },
  },
  "/v1/flows/{flowId}/events": {
    post: {
      summary: "Post messages: all of them are accepted, or none",
      parameters: [
        flowId,
        {
          name: "traceparent",
          in: "header",
          description: "W3C trace context, kept on the messages",
          schema: { type: "string" },
        },
      ],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: { oneOf: [ref("FlowMessage"), { type: "array", items: ref("FlowMessage") }] },
          },
          "application/x-ndjson": {
            schema: { type: "string", description: "One FlowMessage a line" },
          },
        },
      },
      responses: {
        200: { description: "Accepted", content: json("Accepted") },
        ...problems(400, 401, 403, 413, 415, 429, 503),
      },
    },
  },
  "/v1/flows/{flowId}/snapshot": {
    get: {
      summary: "The state of a flow as one snapshot message",
      parameters: [
        flowId,
        { name: "If-None-Match", in: "header", schema: { type: "string" } },
      ],
      responses: {
        200: {
          description: "The state",
          headers: { ETag: header("The place in the log: seq and epoch") },
          content: json("FlowMessage"),
        },
        304: { description: "Nothing new" },
        ...problems(400, 401, 403, 404, 503),
      },
    },
  },
  "/v1/flows/{flowId}/stream": {
    get: {
      summary: "Server-Sent Events of one flow",
      description:
        "First hello (see Hello); when it does not say recovered, a snapshot; then every message, " +
        "its type as event and <seq>-<epoch> as id. heartbeat every 15 s; deleted at the flow's end.",
      parameters: [flowId, ...lastEventId],
      responses: { ...stream("Events"), ...problems(400, 401, 403, 429, 503) },
    },
  },
  "/v1/stream": {
    get: {
      summary: "Server-Sent Events of several flows on one connection",
      description:
        "As the stream of one flow, but data names its flow in flowId, hello lists the flows (see " +
        "MultiHello), flows that come to be later join, and one id resumes all of them.",
      parameters: [
        {
          name: "flow",
          in: "query",
          required: true,
          description: "A flow id, repeatable; * stands for any run of characters",
          schema: { type: "array", items: { type: "string" }, maxItems: 100 },
          explode: true,
        },
        ...lastEventId,
      ],
      responses: { ...stream("Events"), ...problems(400, 401, 429, 503) },
    },
  },
  "/v1/flux/events": {
    post: {
      summary: "Take an event of Flux's notification-controller as a note on a node",
      description:
        "For Providers of type generic (with a bearer token) and generic-hmac. Where an adapter " +
        "reports the region, nothing is changed.",
      security: [{ bearer: [] }, { signature: [] }],
      parameters: [
        query("flow", "Flow that shows it; else metadata.flow of the event"),
        query("region", "Name of the cluster; else metadata.region, or metadata.cluster"),
        query(
          "namespace",
          "Its objects have ids without namespace, as with the adapter's NAMESPACE_FILTER; * for " +
            "none. flux-system by default",
        ),
      ],
      requestBody: { required: true, content: json("FluxEvent") },
      responses: {
        200: { description: "Taken", content: json("FluxEventAnswer") },
        ...problems(400, 401, 403, 413, 415, 429, 503),
      },
    },
  },
};

/** The OpenAPI 3.1 description of the router; its schemas come from the contracts. */
export function openApiDocument(): OpenApiDocument {
  return {
    openapi: "3.1.0",
    info: { title: "Headrace flow router", version: "1", license: { name: "Apache-2.0" } },
    security: [{ bearer: [] }, { session: [] }],
    paths: PATHS,
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => {
          const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
          return [name, rest];
        }),
      ),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "headrace_session" },
        signature: {
          type: "apiKey",
          in: "header",
          name: "X-Signature",
          description: "<hash>=<hex of the body's HMAC>, by a key of hmacKeys in the access file",
        },
      },
    },
  };
}
