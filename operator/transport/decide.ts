import { ContractError } from "../../contracts/contract_error.ts";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { TERMINAL_PHASES } from "../../contracts/transport/runs.ts";
import type { Story } from "../../contracts/transport/story.ts";
import { findCondition } from "../../kube/conditions.ts";
import { bindingWrites, connectorIsUp } from "./binding_writes.ts";
import { addFinalizer, cleanUp, hasFinalizer, release } from "./cleanup.ts";
import { type Announcement, type Decision, type DecisionContext, IDLE } from "./decision.ts";
import { objectKey } from "../../kube/resources.ts";
import { engramWrites } from "./engram_writes.ts";
import { handoffWrites } from "./handoff_writes.ts";
import { pinRun } from "./hub_placement.ts";
import { conditionsOf, isClaimed, REASONS, runStatus, type Verdict } from "./run_conditions.ts";
import { runTopology, type StepRoute, topologyCondition } from "./run_topology.ts";
import type { SeenRun } from "./seen.ts";

/** Run and Story come on two watches: the Story of a new run may be on its way. */
const STORY_GRACE_MS = 5_000;

const READY: Verdict = {
  status: "True",
  reason: REASONS.ready,
  message: "Transport is ready",
};

/** Decides what is to be done about one run. Pure: it looks at what was seen and does nothing. */
export function decide(seen: SeenRun, context: DecisionContext): Decision {
  const { run, story, storyKey } = seen;
  if (run.metadata.deletionTimestamp !== undefined) {
    return hasFinalizer(seen) ? cleanUp(seen, context) : IDLE;
  }
  if (run.value === undefined || TERMINAL_PHASES.has(run.value.status?.phase ?? "")) return IDLE;
  if (story === undefined) return withoutStory(seen, context);
  if (story.value === undefined) {
    // Whether it would be ours cannot be told; a run that was is told what is wrong.
    if (!isClaimed(run)) return IDLE;
    return invalid(seen, `Story ${storyKey} is invalid: ${story.problem}`, context);
  }
  if (story.value.spec.pattern !== "realtime") {
    if (!hasFinalizer(seen)) return IDLE;
    return release(seen, `Story ${storyKey} is not realtime any longer`, context);
  }
  const transport = (story.metadata.annotations?.[ANNOTATIONS.transport] ?? "").trim() || "grpc";
  if (transport !== "grpc") {
    const message = `unsupported transport "${transport}" from annotation ` +
      `${ANNOTATIONS.transport} of Story ${storyKey}: grpc is what there is`;
    return invalid(seen, message, context, "InvalidTransportAnnotation");
  }
  try {
    return claimed(seen, story.value, runTopology(story.value, seen), context);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return invalid(seen, `Story ${storyKey}: ${error.message}`, context);
  }
}

function claimed(
  seen: SeenRun,
  story: Story,
  routes: readonly StepRoute[],
  context: DecisionContext,
): Decision {
  const { run, stepRuns } = seen;
  const streaming = routes.filter(({ needsBinding }) => needsBinding);
  const resolved = routes.flatMap((route) => {
    const binding = route.binding?.value;
    return binding === undefined ? [] : [{ route, binding }];
  });
  const pending = streaming.filter(({ binding }) => binding?.value === undefined);
  const silent = resolved.filter(({ route, binding }) =>
    route.needsBinding && !connectorIsUp(binding)
  ).map(({ route }) => route);
  const { readyHubs, hubEndpoint } = context;
  const current = resolved.map(({ binding }) => binding.status?.endpoint)
    .filter((one): one is string => one !== undefined && one !== "");
  const endpoint = readyHubs === undefined
    ? hubEndpoint(run.metadata.namespace ?? "")
    : pinRun(objectKey(run.metadata), current, readyHubs());
  const before = findCondition(conditionsOf(run), "TransportReady");
  const transportReady = pending.length > 0
    ? waiting(`waiting for the TransportBindings of steps ${pending.map(shown).join(", ")}`)
    : endpoint === ""
    ? waiting("waiting for a hub that is ready")
    : READY;
  const isPending = transportReady !== READY;
  const ready = isPending
    ? transportReady
    : silent.length > 0
    ? waiting(`waiting for the connectors of steps ${silent.map(({ id }) => id).join(", ")}`)
    : READY;
  const waitedMs = before === undefined || before.status === "True"
    ? 0
    : context.now - Date.parse(before.lastTransitionTime ?? "") || 0;
  const mirrored = {
    ready: true,
    message: (step: string) =>
      `transport binding ${
        routes.find((route) => route.step.name === step)?.binding?.metadata.name ?? step
      } resolved`,
  };
  return {
    phase: isPending ? "pending" : "ready",
    writes: [
      ...addFinalizer(seen),
      ...resolved.flatMap(({ route, binding }) => [
        ...bindingWrites(route, binding, run.metadata, endpoint, context),
        ...handoffWrites(route, stepRuns, context.now),
      ]),
      ...(isPending ? [] : engramWrites(story, seen, mirrored)),
      ...runStatus(
        run,
        { transportReady, ready, topology: topologyCondition(routes) },
        context.now,
      ),
    ],
    announcements: [
      ...(readyHubs === undefined ? [] : moved(seen, current, endpoint)),
      ...(isPending || before?.status === "True"
        ? []
        : [isReady(seen, before === undefined ? 0 : waitedMs)]),
    ],
    waitedMs,
    ...(isPending ? { requeueAfterMs: pendingDelay(waitedMs) } : {}),
  };
}

function waiting(what: string): Verdict {
  return {
    status: "False",
    reason: REASONS.reconciling,
    message: `Reconciling transport: ${what}`,
  };
}

function shown({ id, binding }: StepRoute): string {
  return binding === undefined ? id : `${id} (${binding.problem})`;
}

/** 2 s, doubled for each 10 s of waiting up to 30 s; the bindings are watched, this is in case. */
function pendingDelay(waitedMs: number): number {
  return Math.min(30_000, 2_000 * 2 ** Math.min(Math.floor(waitedMs / 10_000), 4));
}

function isReady({ run: { metadata } }: SeenRun, waitedMs: number): Announcement {
  const waited = waitedMs > 0 ? ` after waiting ${(waitedMs / 1000).toFixed(1)}s for bindings` : "";
  return {
    kind: "StoryRun",
    object: metadata,
    type: "Normal",
    reason: "TransportReady",
    message: `Transport grpc ready for StoryRun ${metadata.namespace}/${metadata.name}${waited}`,
  };
}

/** Where the streams of a run are interrupted, and why: worth an Event. */
function moved(
  { run: { metadata } }: SeenRun,
  [before]: readonly string[],
  endpoint: string,
): Announcement[] {
  if (before === undefined || before === endpoint) return [];
  return [{
    kind: "StoryRun",
    object: metadata,
    type: "Normal",
    reason: "HubReassigned",
    message: `${before} is not ready: the streams of the run move to ${endpoint}`,
  }];
}

function withoutStory(seen: SeenRun, { now }: DecisionContext): Decision {
  const { run, storyKey } = seen;
  const { name, namespace, creationTimestamp } = run.metadata;
  const graceMs = Date.parse(creationTimestamp ?? "") + STORY_GRACE_MS - now;
  if (graceMs > 0) return { ...IDLE, phase: "pending", requeueAfterMs: graceMs };
  const verdict = waiting(`waiting for Story ${storyKey}`);
  const before = findCondition(conditionsOf(run), "TransportReady");
  return {
    phase: "pending",
    // Whether a run is ours only its Story can tell: nothing is written on one that never was.
    writes: isClaimed(run) ? runStatus(run, { transportReady: verdict, ready: verdict }, now) : [],
    announcements: before?.message === verdict.message ? [] : [{
      kind: "StoryRun",
      object: run.metadata,
      type: "Warning",
      reason: "ParentStoryMissing",
      message: `Parent Story ${storyKey} missing; skipping transport reconciliation for ` +
        `${namespace}/${name}`,
    }],
  };
}

/** Nothing is returned as an error: trying again would change nothing, and the Story is watched. */
function invalid(
  { run }: SeenRun,
  message: string,
  { now }: DecisionContext,
  reason = "TransportReconcileFailed",
): Decision {
  const verdict: Verdict = { status: "False", reason: REASONS.invalid, message };
  const writes = runStatus(run, { transportReady: verdict, ready: verdict }, now);
  const before = findCondition(conditionsOf(run), "TransportReady");
  const isNew = before?.reason !== REASONS.invalid || before.message !== message;
  return {
    phase: "invalid",
    writes,
    announcements: isNew
      ? [{ kind: "StoryRun", object: run.metadata, type: "Warning", reason, message }]
      : [],
  };
}

/** What a run says of itself, and what is told, after its writes have failed for good. */
export function decideFailure(
  seen: SeenRun,
  error: string,
  { now }: DecisionContext,
): Pick<Decision, "writes" | "announcements"> {
  const { run } = seen;
  const isGoing = run.metadata.deletionTimestamp !== undefined;
  const verdict: Verdict = { status: "False", reason: REASONS.failed, message: error };
  const before = findCondition(conditionsOf(run), "TransportReady");
  return {
    writes: isGoing ? [] : runStatus(run, { transportReady: verdict, ready: verdict }, now),
    announcements: !isGoing && before?.reason === REASONS.failed && before.message === error
      ? []
      : [{
        kind: "StoryRun",
        object: run.metadata,
        type: "Warning",
        reason: isGoing ? "TransportCleanupFailed" : "TransportReconcileFailed",
        message: isGoing ? `grpc transport cleanup failed: ${error}` : error,
      }],
  };
}
