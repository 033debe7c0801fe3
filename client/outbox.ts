import { type Clock, systemClock } from "../contracts/clock.ts";
import type { FlowInstance, FlowMessage } from "../contracts/flow.ts";
import { MAX_BYTES, toBatches } from "./outbox_batch.ts";
import { diff } from "./outbox_diff.ts";
import { OutboxError } from "./outbox_error.ts";
import { type LogPosition, RouterClient } from "./outbox_http.ts";
import type { OutboxEnd, OutboxEvent, OutboxOptions, OutboxStatus } from "./outbox_options.ts";
import type { FlowPart } from "./outbox_part.ts";
import { afterPost, type View, viewOf } from "./outbox_view.ts";
import { retryDelay } from "./retry_delay.ts";
import { sameJson } from "./same_json.ts";

/** What the pause after a first failure is drawn from, in milliseconds. */
const RETRY_BASE = 500;
/** It doubles up to 16 s: emitters are few, and somebody waits for a map that was cut off. */
const MAX_DOUBLINGS = 5;
/** After writing the flow object, in milliseconds: another emitter may have written it as well. */
const RECHECK = 1_000;
/** Between two looks for another token while the router denies us, in milliseconds. */
const TOKEN_CHECK = 5_000;
/** No body is cut smaller than this, in bytes. */
const MIN_BYTES = 4 * 1024;

/**
 * Keeps one emitter's part of a flow on a router as the emitter wants it, through everything that a
 * network and a router do. Level-triggered: it holds what is wanted and what the router is known to
 * have, and posts the difference; whatever goes wrong ends in comparing again, so nothing is lost for
 * good and nothing piles up while the router is away.
 *
 * It never posts a `snapshot`, which would wipe what other emitters have in the same flow.
 */
export class Outbox<Part extends FlowPart = FlowPart> {
  readonly #options: OutboxOptions<Part>;
  readonly #router: RouterClient;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #verifyInterval: number;
  #desired: Part | undefined;
  /** The desired part, or what the router has, has changed since they were last made equal. */
  #dirty = false;
  /** What the router has is newer than the desired part. */
  #isBehind = false;
  #view: View | undefined;
  #verifyAt = -Infinity;
  #verifyDelay: number;
  #lastRound = -Infinity;
  #retryAt = -Infinity;
  #failures = 0;
  #maxBytes = MAX_BYTES;
  /** The router takes no lists; the original does not. */
  #oneByOne = false;
  #lastAnswerAt: number | undefined;
  #lastPostAt: number | undefined;
  #error: OutboxError | undefined;
  /** A failure was reported and its end was not. */
  #isFailing = false;
  #endPause: () => void = () => {};

  /** @throws {TypeError} when `url` is no absolute URL */
  constructor(options: OutboxOptions<Part>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#verifyInterval = options.verifyInterval ?? 5_000;
    this.#verifyDelay = this.#verifyInterval;
    this.#router = new RouterClient({
      url: options.url,
      flowId: options.flowId,
      token: options.token,
      timeout: options.timeout ?? 10_000,
      fetch: options.fetch ?? fetch,
      clock: this.#clock,
    });
  }

  get status(): OutboxStatus {
    return {
      inSync: this.#view !== undefined && this.#desired !== undefined && !this.#dirty &&
        this.#error === undefined,
      isBehind: this.#isBehind,
      ...(this.#lastAnswerAt === undefined ? {} : { lastAnswerAt: this.#lastAnswerAt }),
      ...(this.#lastPostAt === undefined ? {} : { lastPostAt: this.#lastPostAt }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#view?.position === undefined ? {} : { position: this.#view.position }),
    };
  }

  /**
   * Says what the router shall have from now on. Nothing is posted or removed before the first call,
   * because until then nobody knows what is wanted.
   *
   * @throws {TypeError} when the part holds something that this emitter does not own
   */
  set(part: Part): void {
    const { flowId, owns } = this.#options;
    const node = part.nodes.find((node) => node.flowId !== flowId || !owns.node(node));
    if (node !== undefined) throw new TypeError(`node ${node.id} is not owned by this outbox`);
    const edge = part.relationships.find((edge) => !owns.relationship(edge));
    if (edge !== undefined) {
      throw new TypeError(`edge ${edge.fromId} to ${edge.toId} is not owned by this outbox`);
    }
    this.#desired = part;
    this.#dirty = true;
    this.#isBehind = false;
    this.#endPause();
  }

  /**
   * Works until `signal` aborts; then posts what is still to be posted, if that is possible within
   * the grace, and resolves. To be called once.
   */
  async run(signal: AbortSignal, { grace = 500, cut }: OutboxEnd = {}): Promise<void> {
    const requests = new AbortController();
    const stopping = new AbortController();
    let cancelGrace = () => {};
    const stop = () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      cancelGrace = this.#clock.after(grace, () => requests.abort());
      this.#endPause();
    };
    const end = () => {
      requests.abort();
      stop();
    };
    if (signal.aborted) stop();
    if (cut?.aborted) end();
    signal.addEventListener("abort", stop, { once: true });
    cut?.addEventListener("abort", end, { once: true });
    try {
      while (!stopping.signal.aborted) {
        const wait = await this.#step(requests.signal);
        if (wait > 0 && !stopping.signal.aborted) await this.#pause(wait);
      }
      if (!requests.signal.aborted) await this.#flush(requests.signal);
    } finally {
      signal.removeEventListener("abort", stop);
      cut?.removeEventListener("abort", end);
      cancelGrace();
    }
  }

  /** The last round, which waits for nothing. */
  async #flush(signal: AbortSignal): Promise<void> {
    const isAway = this.#clock.now() < this.#retryAt;
    if (!this.#dirty || isAway || this.#view === undefined || this.#desired === undefined) return;
    try {
      await this.#round(this.#view, this.#desired, signal);
    } catch (error) {
      if (!(error instanceof OutboxError)) throw error;
      // The next life of this emitter compares and finds what is missing.
      this.#error = error;
    }
  }

  /** Does the next thing that is due. @returns milliseconds until there is something to do */
  async #step(signal: AbortSignal): Promise<number> {
    const now = this.#clock.now();
    if (now < this.#retryAt) {
      // Denied, we come back slowly; with another token at once.
      if (this.#error?.isDenied !== true) return this.#retryAt - now;
      if (!await this.#router.hasNewToken()) return Math.min(this.#retryAt - now, TOKEN_CHECK);
      this.#retryAt = now;
    }
    try {
      if (this.#view === undefined || now >= this.#verifyAt) {
        await this.#verify(signal);
      } else if (this.#dirty && !this.#isBehind && this.#desired !== undefined) {
        const due = this.#lastRound + (this.#options.emitInterval ?? 200);
        if (now < due) return Math.min(due, this.#verifyAt) - now;
        await this.#round(this.#view, this.#desired, signal);
      } else {
        return this.#verifyAt - now;
      }
      this.#error = undefined;
      if (this.#isFailing && !this.#dirty) {
        this.#isFailing = false;
        this.#report({ type: "recovered" });
      }
    } catch (error) {
      if (!(error instanceof OutboxError)) throw error;
      this.#failed(error, signal);
    }
    return 0;
  }

  /** Looks what the router has. */
  async #verify(signal: AbortSignal): Promise<void> {
    const before = this.#view;
    const answer = await this.#router.snapshot(before?.etag, signal);
    this.#lastAnswerAt = this.#clock.now();
    let differs = false;
    if (answer.type !== "unchanged") {
      const view = viewOf(this.#options, answer, before);
      this.#view = view;
      this.#isBehind = false;
      const gap = this.#desired === undefined ? "none" : this.#gap(view, this.#desired);
      const isOursGone = !this.#dirty && gap === "lacks";
      if (before !== undefined && isOursGone) {
        const restarted = before.position?.epoch !== view.position?.epoch;
        this.#report({
          type: "resync",
          reason: answer.type === "absent" ? "absent" : restarted ? "restarted" : "differs",
        });
      }
      differs = isOursGone || gap === "newer" ||
        (this.#desired !== undefined && this.#derivedFlow(view) !== undefined);
      this.#dirty ||= differs;
    }
    if (!this.#dirty) this.#failures = 0;
    // A body that shows nothing new was fetched for nothing: others are posting, and it is large.
    const isIdle = answer.type === "unchanged" || before === undefined || differs;
    this.#verifyDelay = isIdle ? this.#verifyInterval : Math.min(
      this.#verifyDelay * 2,
      Math.max(this.#options.maxVerifyInterval ?? 20_000, this.#verifyInterval),
    );
    this.#verifyIn(this.#verifyDelay);
  }

  /** How what the router has compares with what it shall have, apart from the flow object. */
  #gap(view: View, desired: Part): "none" | "lacks" | "newer" {
    const part = this.#fresh(view, desired);
    if (part === undefined) return "newer";
    return diff(part, view.owned).length > 0 ? "lacks" : "none";
  }

  /** The part to make the router equal to; undefined when the router is ahead of it. */
  #fresh(view: View, desired: Part): FlowPart | undefined {
    const { freshness } = this.#options;
    return freshness === undefined ? desired : freshness(desired, view.owned);
  }

  /** Posts what the router lacks. */
  async #round(view: View, desired: Part, signal: AbortSignal): Promise<void> {
    this.#lastRound = this.#clock.now();
    // From here on: set() may be called while we post.
    this.#dirty = false;
    try {
      const part = this.#fresh(view, desired);
      if (part === undefined) return this.#fallBehind();
      await this.#postAll(diff(part, view.owned), signal);
      if (this.#view !== undefined) await this.#postFlow(this.#view, desired, signal);
      if (this.#view === undefined) this.#dirty = true;
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  async #postAll(messages: readonly FlowMessage[], signal: AbortSignal): Promise<void> {
    const batches = toBatches(messages, this.#maxBytes);
    const queue = this.#oneByOne ? singles(batches.flat()) : batches;
    let refusal: OutboxError | undefined;
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      try {
        await this.#post(batch, signal);
        if (this.#view === undefined) return;
      } catch (error) {
        if (!(error instanceof OutboxError) || !error.isRefusal) throw error;
        const smaller = this.#smaller(batch, error);
        if (smaller === undefined) refusal = error;
        else queue.unshift(...smaller);
      }
    }
    // One bad message must not hold up the others.
    if (refusal !== undefined) throw refusal;
  }

  /** The same messages in smaller bodies, when that may be what the refusal asks for. */
  #smaller(batch: readonly FlowMessage[], { status }: OutboxError): FlowMessage[][] | undefined {
    if (status === 413) {
      const bytes = JSON.stringify(batch).length;
      const smaller = toBatches(batch, Math.max(MIN_BYTES, Math.floor(bytes / 2)));
      if (smaller.length === 1) return undefined;
      this.#maxBytes = Math.max(MIN_BYTES, Math.floor(bytes / 2));
      return smaller;
    }
    if (status === 400 && batch.length > 1) {
      this.#oneByOne = true;
      return singles(batch);
    }
    return undefined;
  }

  /** Posts one body. Afterwards there is no view when it went into another log. */
  async #post(messages: readonly FlowMessage[], signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === undefined) return;
    let position: LogPosition;
    try {
      position = await this.#router.post(messages, signal);
    } catch (error) {
      // Nobody knows whether it was taken, so nobody knows what the router has.
      if (!(error instanceof OutboxError && error.changedNothing)) this.#view = undefined;
      throw error;
    }
    this.#lastAnswerAt = this.#lastPostAt = this.#clock.now();
    this.#failures = 0;
    if (position.epoch !== undefined) this.#oneByOne = false;
    this.#view = afterPost(view, messages, position);
    this.#report({ type: "posted", messages, position });
    if (this.#view === undefined) this.#report({ type: "resync", reason: "restarted" });
  }

  /** Writes the flow object when it does not follow from the nodes any more. */
  async #postFlow(view: View, desired: Part, signal: AbortSignal): Promise<void> {
    if (this.#derivedFlow(view) === undefined) return;
    // It follows from the others' nodes as well, which may have changed since we looked.
    await this.#verify(signal);
    if (this.#view === undefined || this.#gap(this.#view, desired) !== "none") return;
    const flow = this.#derivedFlow(this.#view);
    if (flow === undefined) return;
    await this.#post([{ type: "upsert-flow", flow }], signal);
    this.#verifyIn(RECHECK);
  }

  /** Waits for another part, or for another state of the router. */
  #fallBehind(): void {
    this.#dirty = true;
    this.#isBehind = true;
    this.#report({ type: "behind" });
  }

  /** The flow object as it should be; undefined when the router has it so. */
  #derivedFlow({ owned, watched, flow }: View): FlowInstance | undefined {
    const rule = this.#options.flowRule;
    if (rule === undefined) return undefined;
    const ours = [...owned.nodes.values()].filter((node) => rule.watches(node));
    const derived = rule.derive([...watched, ...ours], flow);
    return sameJson(derived, flow) ? undefined : derived;
  }

  #failed(error: OutboxError, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#error = error;
    this.#isFailing = true;
    const retryIn = retryDelay({
      failures: Math.min(this.#failures++, MAX_DOUBLINGS),
      base: RETRY_BASE,
      refused: error.isRefusal,
      retryAfter: error.retryAfter,
    }, this.#random);
    this.#retryAt = this.#clock.now() + retryIn;
    this.#report({ type: "failed", error, retryIn });
  }

  #verifyIn(delay: number): void {
    this.#verifyAt = this.#clock.now() + delay * (0.75 + this.#random() / 2);
  }

  #report(event: OutboxEvent): void {
    this.#options.onEvent?.(event);
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delay, () => this.#endPause());
      this.#endPause = () => {
        this.#endPause = () => {};
        cancel();
        resolve();
      };
    });
  }
}

function singles(messages: readonly FlowMessage[]): FlowMessage[][] {
  return messages.map((message) => [message]);
}
