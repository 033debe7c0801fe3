import type { Clock } from "../../contracts/clock.ts";
import { formatCursor } from "../../contracts/cursor.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto, snapshotOf } from "../../contracts/fold.ts";
import { parseFlowMessage } from "../../contracts/parse_message.ts";

/** What can go wrong with one request. */
export type Fault =
  /** Answered with this status, nothing done. */
  | { readonly type: "refuse"; readonly status: number; readonly retryAfter?: string }
  /** Cut before the router has seen it. */
  | { readonly type: "cut" }
  /** Done, and the answer is lost. */
  | { readonly type: "lost-answer" }
  /** Done, and answered with a 500. */
  | { readonly type: "error-after" }
  /** Never answered; done only when somebody calls {@linkcode MemoryRouter.releaseLate}. */
  | { readonly type: "late" };

/** One request as the router saw it. */
export interface SeenRequest {
  readonly at: number;
  readonly client: string;
  readonly method: string;
  readonly headers: Headers;
  /** Of a POST. */
  readonly messages: readonly FlowMessage[];
  readonly bytes: number;
}

/**
 * One flow of a router behind a `fetch`, made of the contract's own parser and fold, with the faults
 * of a network. The tests that cross parts hold the outbox against the server itself.
 */
export class MemoryRouter {
  readonly requests: SeenRequest[] = [];
  /** For the next requests, in order. */
  readonly faults: Fault[] = [];
  /** No request comes through while it is set. */
  isDown = false;
  /** Bodies above are answered 413. */
  maxBytes = 1024 * 1024;
  /** Requests of one client that were under way at the same time, at most. */
  mostAtOnce = 0;
  /** Requests that are being served. */
  busy = 0;
  /** Requests that are never answered, and that their client has not given up. */
  hanging = 0;
  readonly #late: (() => void)[] = [];
  readonly #inFlight = new Map<string, number>();
  readonly #encoder = new TextEncoder();
  #state: FlowState | undefined;
  #seq = 0;
  #epoch = 0;

  /**
   * @param isOriginal behaves as the original in Go: takes one message at a time, names no epoch and
   *   no ETag, and leaves empty lists out
   */
  constructor(
    readonly flowId: string,
    readonly clock: Clock,
    readonly isOriginal = false,
  ) {}

  get state(): FlowState {
    return this.#state ?? emptyFlowState(this.flowId);
  }

  get exists(): boolean {
    return this.#state !== undefined;
  }

  get posts(): SeenRequest[] {
    return this.requests.filter(({ method }) => method === "POST");
  }

  /** A message of somebody who is no client of this test. */
  publish(message: FlowMessage): void {
    this.#accept([message]);
  }

  /** Loses everything, as a router that keeps its log in memory does when it is started anew. */
  restart(): void {
    this.delete();
    this.#epoch++;
  }

  /** As DELETE does. */
  delete(): void {
    this.#state = undefined;
    this.#seq = 0;
    this.#epoch++;
  }

  /** Lets what was posted and never answered take effect after all. */
  releaseLate(): void {
    for (const apply of this.#late.splice(0)) apply();
  }

  /** The `fetch` of one client. */
  fetchAs(client: string): typeof fetch {
    return async (input, init) => {
      const request = new Request(input, init);
      const inFlight = (this.#inFlight.get(client) ?? 0) + 1;
      this.#inFlight.set(client, inFlight);
      this.mostAtOnce = Math.max(this.mostAtOnce, inFlight);
      this.busy++;
      try {
        return await this.#serve(request, client);
      } finally {
        this.busy--;
        this.#inFlight.set(client, (this.#inFlight.get(client) ?? 1) - 1);
      }
    };
  }

  async #serve(request: Request, client: string): Promise<Response> {
    const text = await request.text();
    request.signal.throwIfAborted();
    const { method, headers } = request;
    const body: unknown = text === "" ? [] : JSON.parse(text);
    const messages = (Array.isArray(body) ? body : [body]) as FlowMessage[];
    const bytes = this.#encoder.encode(text).length;
    this.requests.push({ at: this.clock.now(), client, method, headers, messages, bytes });
    const fault = this.isDown ? { type: "cut" } as const : this.faults.shift();
    const answer = () => method === "POST" ? this.#post(body, bytes) : this.#get(headers);
    switch (fault?.type) {
      case undefined:
        return answer();
      case "refuse":
        return new Response("no", {
          status: fault.status,
          headers: fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter },
        });
      case "cut":
        throw new TypeError("connection refused");
      case "lost-answer":
        answer();
        throw new TypeError("connection reset");
      case "error-after":
        answer();
        return new Response("oops", { status: 500 });
      case "late":
        this.#late.push(answer);
        this.busy--;
        this.hanging++;
        return await new Promise((_resolve, reject) => {
          request.signal.addEventListener("abort", () => {
            this.busy++;
            this.hanging--;
            reject(request.signal.reason);
          });
        });
    }
  }

  #post(body: unknown, bytes: number): Response {
    if (bytes > this.maxBytes) return new Response("payload too large", { status: 413 });
    if (Array.isArray(body) && this.isOriginal) {
      return new Response("decode FlowMessage: json: cannot unmarshal array", { status: 400 });
    }
    let messages: FlowMessage[];
    try {
      messages = (Array.isArray(body) ? body : [body]).map(parseFlowMessage);
    } catch (error) {
      return Response.json({ detail: String(error) }, { status: 400 });
    }
    this.#accept(messages);
    return Response.json({
      seq: this.#seq,
      ...(this.isOriginal ? {} : { epoch: this.#epochName }),
    });
  }

  #get(headers: Headers): Response {
    if (this.#state === undefined) return new Response("404 page not found", { status: 404 });
    const snapshot = snapshotOf(this.#state);
    if (this.isOriginal) {
      const { type, flow, nodes, relationships } = snapshot;
      return Response.json({
        type,
        ...(flow.startedAt === 0 && flow.status === "pending" ? {} : { flow }),
        ...(nodes.length === 0 ? {} : { nodes }),
        ...(relationships.length === 0 ? {} : { relationships }),
      });
    }
    const etag = `"${formatCursor(this.#seq, this.#epochName)}"`;
    return headers.get("if-none-match") === etag
      ? new Response(null, { status: 304, headers: { etag } })
      : Response.json(snapshot, { headers: { etag } });
  }

  /** Epochs are base32, so in letters here. */
  get #epochName(): string {
    return [...String(this.#epoch)].map((digit) => "abcdefghij".charAt(Number(digit))).join("");
  }

  #accept(messages: readonly FlowMessage[]): void {
    this.#state ??= emptyFlowState(this.flowId);
    // As over a wire: what the router keeps is no object of the poster.
    for (const message of messages) this.#fold(this.#state, structuredClone(message));
    this.#seq += messages.length;
  }

  #fold(state: FlowState, message: FlowMessage): void {
    if (!this.isOriginal || message.type !== "delete-nodes") return foldInto(state, message);
    // The original leaves the edges of a deleted node to whoever reads.
    for (const [key, { id }] of state.nodes) {
      if (message.ids.includes(id)) state.nodes.delete(key);
    }
  }
}
