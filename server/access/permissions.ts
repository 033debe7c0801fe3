import { z } from "zod";

/** What may be done to a flow: look at it, or change it. */
export type Action = "read" | "write";

/** Actions on the flows whose id fits a pattern; `*` stands for any run of characters. */
export const grantSchema = z.strictObject({
  actions: z.array(z.enum(["read", "write"])).min(1),
  flows: z.array(z.string().min(1).max(512)).min(1),
});

export type Grant = z.output<typeof grantSchema>;

/** Who asks, and what they may do. */
export interface Principal {
  /** For logs; never a secret. */
  readonly name: string;
  /** When the permission ends, in Unix ms; Infinity for never. */
  readonly expiresAt: number;
  may(action: Action, flowId: string): boolean;
}

/** A principal with exactly these grants. */
export function principal(name: string, grants: readonly Grant[], expiresAt = Infinity): Principal {
  return {
    name,
    expiresAt,
    may: (action, flowId) =>
      grants.some(({ actions, flows }) =>
        actions.includes(action) && flows.some((pattern) => matches(pattern, flowId))
      ),
  };
}

/** Whoever asks where access control is off. */
export const ANYONE: Principal = { name: "anyone", expiresAt: Infinity, may: () => true };

/**
 * Whether `text` fits `pattern`, in which `*` stands for any run of characters. Linear but for the
 * number of stars: no backtracking that a long id could blow up.
 */
export function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
