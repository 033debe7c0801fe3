import { z } from "zod";
import { count, optional, text, time } from "./lenient.ts";

/** What we read of a `metav1.Condition`. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** The generation that it speaks of; older controllers leave it out. */
  readonly observedGeneration?: number | undefined;
  /** Since when status, reason and message are what they are, in Unix milliseconds. */
  readonly lastTransitionTime?: number | undefined;
}

const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: text.transform((value) => value ?? ""),
  message: text.transform((value) => value ?? ""),
  observedGeneration: count,
  lastTransitionTime: time,
});

/** `status.conditions`; entries that are no conditions are left out. */
export const conditionsSchema = optional(
  z.array(z.unknown()).transform((entries): Condition[] =>
    entries.flatMap((entry) => conditionSchema.safeParse(entry).data ?? [])
  ),
);

/** The first condition of a type: a type occurs once in an object that the API server took. */
export function findCondition(
  { conditions }: { readonly conditions: readonly Condition[] },
  type: string,
): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}
