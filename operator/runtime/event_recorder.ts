import type { Logger } from "../../contracts/logger.ts";
import { asKubeError } from "../../kube/errors.ts";
import type { ObjectWriter } from "../../kube/object_writer.ts";
import type { GroupVersionResource, KubeObject } from "../../kube/resources.ts";

export const EVENTS: GroupVersionResource = {
  group: "events.k8s.io",
  version: "v1",
  resource: "events",
};

/** What happened to an object, for `kubectl describe`. */
export interface EventSpec {
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase, for machines. */
  readonly reason: string;
  /** What the controller was doing, UpperCamelCase. */
  readonly action: string;
  readonly message: string;
  /** Whom it concerns. */
  readonly regarding: Required<Pick<KubeObject, "apiVersion" | "kind">> & KubeObject;
}

export interface EventRecorderOptions {
  readonly writer: ObjectWriter;
  /** `bobravoz.bubustack.io/transport`: which controller. */
  readonly reportingController: string;
  /** Which process of it. */
  readonly reportingInstance: string;
  readonly log: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly now?: () => number;
}

/** The same event of the same object is not told again before this many milliseconds. */
const REPEAT_AFTER_MS = 60_000;
/** Events that are remembered for that. */
const MAX_REMEMBERED = 4_096;
/** Longest note that the API server takes, in bytes. */
const MAX_NOTE = 1_024;

/**
 * Writes Events (`events.k8s.io/v1`). Callers record transitions; should one flap, it is told once a
 * minute. An event that cannot be written is logged and nothing else: no work fails for want of an
 * announcement.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Resolves when the event is written, left out or given up. Never rejects. */
  async record(event: EventSpec, signal: AbortSignal): Promise<void> {
    const { writer, log } = this.#options;
    if (!this.#isNew(event)) return;
    try {
      await writer.create(EVENTS, this.#document(event), { signal });
    } catch (thrown) {
      const { code, message } = asKubeError(thrown, "unreachable", "create event");
      // One that is told to end has nothing to warn of.
      log(signal.aborted ? "INFO" : "WARN", "event not written", {
        reason: event.reason,
        code,
        err: message,
      });
    }
  }

  #isNew({ regarding: { metadata }, reason, message }: EventSpec): boolean {
    const key = JSON.stringify([metadata.uid, reason, message]);
    const now = this.#now();
    const before = this.#told.get(key);
    if (before !== undefined && now - before < REPEAT_AFTER_MS) return false;
    this.#told.delete(key);
    this.#told.set(key, now);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }

  #document({ type, reason, action, message, regarding }: EventSpec): KubeObject {
    const { reportingController, reportingInstance } = this.#options;
    const { name, namespace = "default", uid, resourceVersion } = regarding.metadata;
    // As client-go names them: the object, then what makes the name unique.
    const unique = crypto.getRandomValues(new Uint8Array(8)).toHex();
    return {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: `${name.slice(0, 230).replace(/[-.]+$/, "")}.${unique}`, namespace },
      type,
      reason,
      action,
      note: cut(message),
      eventTime: new Date(this.#now()).toISOString().replace("Z", "000Z"),
      reportingController,
      reportingInstance,
      regarding: {
        apiVersion: regarding.apiVersion,
        kind: regarding.kind,
        name,
        namespace: regarding.metadata.namespace,
        uid,
        resourceVersion,
      },
    };
  }
}

/** At most so many bytes of UTF-8, and whole characters only. */
function cut(message: string): string {
  const encoded = new TextEncoder().encode(message);
  if (encoded.length <= MAX_NOTE) return message;
  const head = encoded.subarray(0, MAX_NOTE - 3);
  // In a stream the decoder keeps a character that was cut back, instead of marking it.
  return `${new TextDecoder().decode(head, { stream: true })}…`;
}
