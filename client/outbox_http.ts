import { abortable } from "./abortable.ts";
import { parseCursor } from "../contracts/cursor.ts";
import type { FlowInstance, FlowMessage, FlowNode, Relationship } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState } from "../contracts/fold.ts";
import { nodeKey, relationshipKey } from "../contracts/relationship_key.ts";
import type { Clock } from "../contracts/clock.ts";
import { OutboxError } from "./outbox_error.ts";
import { parseRetryAfter } from "./retry_delay.ts";

/** Longest piece of an error answer that is repeated, in characters. */
const MAX_DETAIL = 300;

/** Where in a flow's log an answer was made. */
export interface LogPosition {
  readonly seq: number;
  /** Absent from routers that do not tell one incarnation of a log from the next. */
  readonly epoch?: string;
}

/** What a router says about a flow. */
export type SnapshotAnswer =
  | { readonly type: "unchanged" }
  /** Nothing was ever posted to it, or the router has lost it. */
  | { readonly type: "absent" }
  | {
    readonly type: "snapshot";
    readonly state: FlowState;
    /** Absent when the router has no flow object. */
    readonly flow: FlowInstance | undefined;
    readonly etag: string | undefined;
    /** Read from the ETag. */
    readonly position: LogPosition | undefined;
  };

export interface RouterOptions {
  readonly url: string | URL;
  readonly flowId: string;
  /** Sent as a bearer token; a function is asked anew for every request. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Longest time for one request and its answer, in milliseconds. */
  readonly timeout: number;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** The two requests by which an emitter talks to a router. */
export class RouterClient {
  readonly #options: RouterOptions;
  readonly #base: string;
  /** With which the last request was sent. */
  #sentToken: string | undefined;

  /** @throws {TypeError} when `url` is no absolute URL */
  constructor(options: RouterOptions) {
    this.#options = options;
    const url = new URL(options.url);
    url.search = url.hash = "";
    this.#base = `${url.href.replace(/\/+$/, "")}/v1/flows/${encodeURIComponent(options.flowId)}`;
  }

  /**
   * Posts messages, of which all are taken or none.
   *
   * @returns where the last of them stands in the log
   * @throws {OutboxError}
   */
  async post(messages: readonly FlowMessage[], signal: AbortSignal): Promise<LogPosition> {
    // The original takes one message and no list, so a single one goes by itself.
    const body = JSON.stringify(messages.length === 1 ? messages[0] : messages);
    return await this.#request("events", { method: "POST", body }, signal, async (response) => {
      if (!response.ok) throw await errorOf(response, this.#options.clock);
      const answer = await jsonOf(response);
      const { seq, epoch } = isRecord(answer) ? answer : {};
      if (!Number.isSafeInteger(seq)) throw notARouter(response);
      return { seq: seq as number, ...(typeof epoch === "string" ? { epoch } : {}) };
    });
  }

  /**
   * Asks for the state of the flow.
   *
   * @param etag of the state that is known; absent to get it in any case
   * @throws {OutboxError}
   */
  async snapshot(etag: string | undefined, signal: AbortSignal): Promise<SnapshotAnswer> {
    const headers: HeadersInit = etag === undefined ? {} : { "if-none-match": etag };
    return await this.#request("snapshot", { headers }, signal, async (response) => {
      if (response.status === 304) return { type: "unchanged" };
      if (response.status === 404) {
        await response.body?.cancel();
        return { type: "absent" };
      }
      if (!response.ok) throw await errorOf(response, this.#options.clock);
      const value = await jsonOf(response);
      if (!isRecord(value) || value["type"] !== "snapshot") throw notARouter(response);
      const tag = response.headers.get("etag") ?? undefined;
      const position = tag === undefined ? undefined : positionOf(tag);
      return {
        type: "snapshot",
        ...readState(value, this.#options.flowId),
        etag: tag,
        position,
      };
    });
  }

  /** Whether the next request would carry another token than the last one did. */
  async hasNewToken(): Promise<boolean> {
    if (typeof this.#options.token !== "function") return false;
    try {
      return await this.#token() !== this.#sentToken;
    } catch {
      // One that cannot be had is none; the next request says so.
      return false;
    }
  }

  async #request<T>(
    path: string,
    init: RequestInit & { headers?: HeadersInit },
    signal: AbortSignal,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { fetch, clock, timeout } = this.#options;
    const request = new AbortController();
    const onAbort = () => request.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const cancel = clock.after(timeout, () => {
      request.abort(new OutboxError("timeout", `no answer within ${timeout} ms`));
    });
    try {
      const headers = new Headers(init.headers);
      headers.set("accept", "application/json");
      if (init.body !== undefined) headers.set("content-type", "application/json");
      const send = async () => {
        const token = await this.#token();
        this.#sentToken = token;
        if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
        return await fetch(`${this.#base}/${path}`, {
          ...init,
          headers,
          signal: request.signal,
          // A followed 301 turns POST into GET and would carry the token to wherever it points.
          redirect: "manual",
        });
      };
      let answer = await send();
      // It may have been rotated between the reading and the sending.
      if (answer.status === 401 && await this.hasNewToken()) {
        await answer.body?.cancel();
        answer = await send();
      }
      return await read(abortable(answer, request.signal));
    } catch (cause) {
      if (cause instanceof OutboxError) throw cause;
      const reason: unknown = request.signal.aborted ? request.signal.reason : cause;
      if (reason instanceof OutboxError) throw reason;
      throw new OutboxError("network", `the router cannot be reached: ${messageOf(cause)}`, {
        cause,
      });
    } finally {
      cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#options;
    if (typeof token !== "function") return token;
    try {
      return await token();
    } catch (cause) {
      throw new OutboxError("token", `the token cannot be had: ${messageOf(cause)}`, { cause });
    }
  }
}

/** The position in an ETag that a flow router makes: its cursor in quotes (RFC 9110 §8.8.3). */
function positionOf(etag: string): LogPosition | undefined {
  const quoted = /^(?:W\/)?"(.*)"$/.exec(etag)?.[1];
  return quoted === undefined ? undefined : parseCursor(quoted);
}

/**
 * Reads a snapshot without judging it: what others posted to a router that checks nothing must not
 * keep us from looking after what is ours. What has no key cannot be ours and is left out.
 */
function readState(
  value: Record<string, unknown>,
  flowId: string,
): { state: FlowState; flow: FlowInstance | undefined } {
  const state = emptyFlowState(flowId);
  // The original omits empty lists, and the flow object when it has none.
  for (const node of listOf(value["nodes"])) {
    if (typeof node["id"] !== "string" || typeof node["flowId"] !== "string") continue;
    state.nodes.set(nodeKey(node as FlowNode), node as FlowNode);
  }
  for (const edge of listOf(value["relationships"])) {
    const { fromId, toId, type } = edge;
    if (![fromId, toId, type].every((part) => typeof part === "string")) continue;
    state.relationships.set(relationshipKey(flowId, edge as Relationship), edge as Relationship);
  }
  const flow = isRecord(value["flow"]) ? value["flow"] as FlowInstance : undefined;
  if (flow !== undefined) state.flow = flow;
  return { state, flow };
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

async function errorOf(response: Response, clock: Clock): Promise<OutboxError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => "");
  const location = headers.get("location");
  const said = location === null ? detailOf(text) : `it redirects to ${location}`;
  return new OutboxError("status", `the router answered ${status}${said && `: ${said}`}`, {
    status,
    retryAfter: parseRetryAfter(headers.get("retry-after"), clock.now()),
  });
}

/** The `detail` of a problem document (RFC 9457), else the beginning of the text. */
function detailOf(text: string): string {
  let said: unknown;
  try {
    const problem: unknown = JSON.parse(text);
    said = isRecord(problem) ? problem["detail"] : undefined;
  } catch {
    // Not a problem document; its text is as good.
  }
  const line = (typeof said === "string" ? said : text).replace(/\s+/g, " ").trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL - 1)}…` : line;
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw notARouter(response);
  }
}

function notARouter({ status, headers }: Response): OutboxError {
  const type = headers.get("content-type") ?? "no content type";
  return new OutboxError("protocol", `the answer (${status}, ${type}) is none of a flow router`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deno's fetch puts the useful half of a network failure into `cause`. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
}
