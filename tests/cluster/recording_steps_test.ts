import { assertEquals } from "@std/assert";
import type { KubeObject, ObjectMeta } from "./kube_object.ts";
import { keyOf, readRecording, type RecordedEvent } from "./recording.ts";
import { desired, type Step, stepsOf } from "./recording_steps.ts";

type Verbs = Step["do"][];

function object(metadata: Partial<ObjectMeta> = {}, rest: Partial<KubeObject> = {}): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: "bp-mill", namespace: "flux-system", ...metadata },
    spec: { interval: "5m" },
    status: { observedGeneration: -1 },
    ...rest,
  };
}

function verbs(
  before: KubeObject | undefined,
  type: RecordedEvent["event"]["type"],
  after: KubeObject,
): Verbs {
  return stepsOf(before, { type, object: after }).map((step) => step.do);
}

Deno.test("a new object is created, and gets a status only when it has one of its own", () => {
  assertEquals(verbs(undefined, "ADDED", object()), ["create"]);
  const ready = object({}, { status: { observedGeneration: 1 } });
  assertEquals(verbs(undefined, "ADDED", ready), ["create", "status"]);
});

Deno.test("spec, finalizers and labels are one change, the status is another", () => {
  const before = object();
  assertEquals(verbs(before, "MODIFIED", object({ finalizers: ["f"] })), ["change"]);
  assertEquals(verbs(before, "MODIFIED", object({ labels: { a: "b" } })), ["change"]);
  const both = object({}, { spec: { suspend: true }, status: { observedGeneration: 1 } });
  assertEquals(verbs(before, "MODIFIED", both), ["change", "status"]);
});

Deno.test("an event that changes only what the API server writes takes no request", () => {
  const after = object({ resourceVersion: "9", uid: "u", generation: 1 });
  assertEquals(verbs(object(), "MODIFIED", after), []);
});

Deno.test("a deletion through finalizers is a delete and then a change that frees the object", () => {
  const before = object({ finalizers: ["f"] });
  const dying = object({ finalizers: ["f"], deletionTimestamp: "2026-11-20T18:22:35Z" });
  assertEquals(verbs(before, "MODIFIED", dying), ["delete"]);
  assertEquals(verbs(dying, "MODIFIED", dying), []);
  const [freed] = stepsOf(dying, { type: "DELETED", object: dying });
  assertEquals(freed?.do, "change");
  assertEquals(freed?.object.metadata.finalizers, undefined);
});

Deno.test("a deletion without finalizers is one delete", () => {
  assertEquals(verbs(object(), "DELETED", object()), ["delete"]);
});

/** The API server's rules as far as the steps use them; the real one is driven beside this. */
function answer(now: KubeObject | undefined, { do: verb, object }: Step): KubeObject | undefined {
  const { deletionTimestamp: _, ...metadata } = object.metadata;
  switch (verb) {
    case "create":
      return { ...object, metadata, status: { observedGeneration: -1 } };
    case "change": {
      const { deletionTimestamp } = now?.metadata ?? {};
      if (deletionTimestamp && (metadata.finalizers ?? []).length === 0) return undefined;
      const kept = deletionTimestamp === undefined ? {} : { deletionTimestamp };
      return { ...object, metadata: { ...metadata, ...kept }, status: now?.status };
    }
    case "status":
      return now && { ...now, status: object.status };
    case "delete":
      if (now === undefined || (now.metadata.finalizers ?? []).length === 0) return undefined;
      return { ...now, metadata: { ...now.metadata, deletionTimestamp: "now" } };
  }
}

Deno.test("the steps lead through every recorded state of both recordings", async () => {
  const seen = (object: KubeObject | undefined) =>
    object && {
      ...desired(object),
      status: object.status,
      deleting: object.metadata.deletionTimestamp !== undefined,
    };
  for (const name of ["fsn1", "hel1"]) {
    const url = new URL(`../../demo/recordings/${name}.jsonl`, import.meta.url);
    const recorded = new Map<string, KubeObject>();
    const model = new Map<string, KubeObject | undefined>();
    for (const { event } of await readRecording(url)) {
      const key = keyOf(event.object);
      for (const step of stepsOf(recorded.get(key), event)) {
        model.set(key, answer(model.get(key), step));
      }
      if (event.type === "DELETED") recorded.delete(key);
      else recorded.set(key, event.object);
      assertEquals(seen(model.get(key)), seen(recorded.get(key)), `${name}: ${key}`);
    }
  }
});
