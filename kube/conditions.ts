/** `metav1.Condition`; times are RFC 3339. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
  readonly observedGeneration?: number | undefined;
}

/** What a controller has to say; times and generations are put to it. */
export interface ConditionSpec {
  readonly type: string;
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/** When it is said, and about which generation of the object. */
export interface ConditionContext {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly generation: number | undefined;
}

/**
 * Longest message, in UTF-16 units. The schema of `metav1.Condition` takes 32,768 characters, but
 * the CRDs of StoryRun and StepRun have a rule against more than 2,048. A longer one would make the
 * API server refuse the whole status.
 */
const MAX_MESSAGE = 2_048;

/**
 * Puts conditions into a list and leaves those of others alone. `lastTransitionTime` moves only when
 * a status does.
 *
 * @returns the very list that was given when nothing changes, so that nothing needs to be written
 */
export function setConditions(
  conditions: readonly Condition[],
  specs: readonly ConditionSpec[],
  context: ConditionContext,
): readonly Condition[] {
  return specs.reduce((list, spec) => setCondition(list, spec, context), conditions);
}

function setCondition(
  conditions: readonly Condition[],
  spec: ConditionSpec,
  { now, generation }: ConditionContext,
): readonly Condition[] {
  const index = conditions.findIndex(({ type }) => type === spec.type);
  const before = conditions[index];
  const message = bounded(spec.message);
  const same = before !== undefined && before.status === spec.status &&
    before.reason === spec.reason && before.message === message &&
    (generation === undefined || before.observedGeneration === generation);
  if (same) return conditions;
  const transition = before?.status === spec.status ? before.lastTransitionTime : undefined;
  const after: Condition = {
    ...spec,
    message,
    // Seconds, as metav1.Time is written: the API server would cut the rest off.
    lastTransitionTime: transition ?? new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return index < 0 ? [...conditions, after] : conditions.with(index, after);
}

/** The condition of a type; undefined when there is none. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function bounded(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  // Half a surrogate pair comes back as U+FFFD, and what was said would never be what is to be said.
  const cut = message.slice(0, MAX_MESSAGE - 1).replace(/[\uD800-\uDBFF]$/, "");
  return `${cut}…`;
}
