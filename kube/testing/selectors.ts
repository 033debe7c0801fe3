import type { KubeObject } from "../resources.ts";

/** Whether an object is meant. */
export type Selector = (object: KubeObject) => boolean;

/** Thrown for a selector that this server does not understand: `400 BadRequest` on the wire. */
export class SelectorError extends Error {}

/**
 * Equality-based label selectors: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. Set-based
 * ones (`in`, `notin`) are refused.
 */
export function labelSelector(text: string): Selector {
  const tests = split(text).map((requirement): Selector => {
    const match = /^(!?)([\w./-]+)(?:(==?|!=)([\w.-]*))?$/.exec(requirement);
    if (match === null) throw new SelectorError(`unable to parse requirement: ${requirement}`);
    const [, not, key = "", operator, value] = match;
    if (operator === undefined) {
      return ({ metadata }) => (metadata.labels?.[key] !== undefined) === (not === "");
    }
    if (not !== "") throw new SelectorError(`unable to parse requirement: ${requirement}`);
    // As in Kubernetes, an object without the label satisfies !=.
    return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== "!=");
  });
  return (object) => tests.every((test) => test(object));
}

/** Field selectors that every resource has: `metadata.name` and `metadata.namespace`. */
export function fieldSelector(text: string): Selector {
  const tests = split(text).map((requirement): Selector => {
    const match = /^metadata\.(name|namespace)(==?|!=)(.*)$/.exec(requirement);
    if (match === null) throw new SelectorError(`field label not supported: ${requirement}`);
    const [, field, operator, value] = match;
    return ({ metadata }) =>
      ((field === "name" ? metadata.name : metadata.namespace ?? "") === value) ===
        (operator !== "!=");
  });
  return (object) => tests.every((test) => test(object));
}

function split(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
