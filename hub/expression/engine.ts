import { analyse, type Analysis } from "./analysis.ts";
import { Budget, DEFAULT_LIMITS, type Limits } from "./budget.ts";
import { ExpressionError } from "./errors.ts";
import { execute } from "./evaluator.ts";
import type { Fn } from "./functions/define.ts";
import { decode } from "./functions/json.ts";
import { DETERMINISTIC, RUNTIME } from "./functions/registry.ts";
import type { Template } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { followPath, parsePath, type Path } from "./path.ts";
import { normalizeRoots, ROOTS } from "./roots.ts";
import { STORAGE_REF } from "./storage_ref.ts";
import { isMap, mapOf } from "./values.ts";

/** What an expression reads: `inputs`, `steps` and `packet`, as JSON values. */
export type Vars = Readonly<Record<string, unknown>>;

/** Where an expression stands, and so what it may read and call. */
export interface Scope {
  readonly name: string;
  readonly roots: ReadonlySet<string>;
  /** `now`, and chance. */
  readonly volatile: boolean;
  readonly range: boolean;
}

/** `with` of a realtime step: known before the first packet. */
export const STATIC_SCOPE: Scope = {
  name: "static",
  roots: new Set(["inputs"]),
  volatile: false,
  range: false,
};

/** `runtime` and `if` of a realtime step: evaluated for each packet. */
export const RUNTIME_SCOPE: Scope = { name: "runtime", roots: ROOTS, volatile: true, range: true };

export interface EngineOptions {
  readonly limits?: Partial<Limits>;
  /** Without `now` and chance, the same values give the same answer. */
  readonly deterministic?: boolean;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** From 0 up to, but without, 1. */
  readonly random: () => number;
}

/** Longest expression, in characters. */
export const MAX_EXPRESSION_LENGTH = 65_536;

/** Objects and lists inside each other, in a block of expressions. */
const MAX_BLOCK_DEPTH = 128;

/** Parsed expressions that are kept; a Story has a few dozen. */
const MAX_CACHED = 1_024;

/** text/template's own functions: those of a single action whose text may be JSON. */
const PLAIN: ReadonlySet<string> = new Set(
  "and or not eq ne lt le gt ge len index slice print printf println html js urlquery call".split(
    " ",
  ),
);

interface Compiled {
  readonly template: Template | undefined;
  readonly analysis: Analysis | undefined;
  /** The path that the whole expression is. */
  readonly path: Path | undefined;
  /** One action and nothing else, so that the text that comes out may be a JSON value. */
  readonly single: boolean;
}

/** Evaluates the expressions of Stories: Go templates over `inputs`, `steps` and `packet`. */
export class ExpressionEngine {
  readonly #limits: Limits;
  readonly #functions: ReadonlyMap<string, Fn>;
  readonly #compiled = new Map<string, Compiled>();

  constructor(readonly options: EngineOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#functions = options.deterministic === true ? DETERMINISTIC : RUNTIME;
  }

  /**
   * The value of one expression. Text without `{{` is itself; a path alone keeps its type; a single
   * action whose text is JSON is that JSON value; anything else is text.
   *
   * @throws {ExpressionError}
   */
  evaluate(text: string, vars: Vars): unknown {
    return text.includes("{{") ? this.#evaluate(text, vars, this.#budget()) : text;
  }

  /**
   * A JSON value with every expression in it evaluated. `{"$bubuTemplate": …, "$bubuTemplateVars": …}`
   * is an expression with variables of its own.
   *
   * @throws {ExpressionError}
   */
  resolve(value: unknown, vars: Vars): unknown {
    return this.#resolve(value, vars, this.#budget(), 0);
  }

  /**
   * Whether a condition holds. A blank one does.
   *
   * @throws {ExpressionError} also `condition`, when the value is neither true nor false
   */
  condition(text: string | undefined, vars: Vars): boolean {
    if (text === undefined || text.trim() === "") return true;
    const value = this.evaluate(text, vars);
    if (typeof value === "boolean") return value;
    if (typeof value === "string") {
      const word = value.trim().toLowerCase();
      if (["true", "1", "yes", "y"].includes(word)) return true;
      if (["false", "0", "no", "n", ""].includes(word)) return false;
    }
    throw new ExpressionError("condition", "condition did not resolve to boolean");
  }

  /**
   * What is wrong with a block of expressions in its place, one sentence for each fault; empty when
   * it may be evaluated there.
   */
  validate(value: unknown, scope: Scope, place = "$"): string[] {
    if (typeof value === "string") {
      return this.#validateText(value, scope).map((fault) => `${place}: ${fault}`);
    }
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => this.validate(item, scope, `${place}[${index}]`));
    }
    if (!isMap(value)) return [];
    return Object.entries(value)
      .flatMap(([key, item]) => this.validate(item, scope, `${place}.${key}`));
  }

  /** Whether an expression reads nothing but the StoryRun's inputs, so that no packet changes it. */
  isStatic(text: string): boolean {
    return this.#validateText(text, { ...STATIC_SCOPE, range: true }).length === 0;
  }

  /** The steps that the expressions of a block read by name; a malformed one reads nothing. */
  stepsRead(value: unknown): Set<string> {
    if (typeof value === "string") return this.#stepsRead(value);
    if (typeof value !== "object" || value === null) return new Set();
    return new Set(Object.values(value).flatMap((inner) => [...this.stepsRead(inner)]));
  }

  #stepsRead(text: string): Set<string> {
    if (!text.includes("{{")) return new Set();
    try {
      const { analysis, path } = this.#compile(text);
      const [step] = path?.root === "steps" ? path.segments : [];
      return typeof step === "string" ? new Set([step]) : new Set(analysis?.steps);
    } catch (error) {
      if (error instanceof ExpressionError) return new Set();
      throw error;
    }
  }

  #budget(): Budget {
    return new Budget(this.#limits, this.options.now);
  }

  #validateText(text: string, { name, roots, volatile, range }: Scope): string[] {
    if (!text.includes("{{")) return [];
    let analysis: Analysis | undefined;
    let path: Path | undefined;
    try {
      ({ analysis, path } = this.#compile(text));
    } catch (error) {
      if (error instanceof ExpressionError) return [error.message];
      throw error;
    }
    const read = new Set(path === undefined ? analysis?.roots : [path.root]);
    const faults = [...read].filter((root) => !roots.has(root))
      .map((root) => `"${root}" may not be read by ${name} expressions`);
    for (const called of analysis?.functions ?? []) {
      if (!volatile && !DETERMINISTIC.has(called)) {
        faults.push(`"${called}" may not be called by ${name} expressions`);
      }
    }
    if (!range && analysis?.ranges === true) {
      faults.push(`range is not allowed in ${name} expressions`);
    }
    if ((analysis?.includes.size ?? 0) > 0) faults.push("template inclusion is not supported");
    return faults;
  }

  #compile(text: string): Compiled {
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_EXPRESSION_LENGTH) {
      throw new ExpressionError(
        "limit",
        `expression has more than ${MAX_EXPRESSION_LENGTH} characters`,
      );
    }
    const normalized = normalizeRoots(text);
    const body = /^\s*\{\{([^]*)\}\}\s*$/.exec(normalized)?.[1]?.trim();
    const path = body === undefined ? undefined : parsePath(body);
    let compiled: Compiled = { template: undefined, analysis: undefined, path, single: true };
    if (path === undefined) {
      const trimmed = normalized.trim();
      const template = parseTemplate(normalized, (name) => this.#functions.has(name));
      const analysis = analyse(template);
      const nodes = trimmed === normalized
        ? template.root
        : template.root.filter((node) => node.type !== "text" || node.text.trim() !== "");
      const single = nodes.length === 1 && nodes[0]?.type === "action" &&
        [...analysis.functions].every((name) => PLAIN.has(name));
      compiled = { template, analysis, path, single };
    }
    // The oldest goes first; a Map keeps the order in which it was filled.
    if (this.#compiled.size >= MAX_CACHED) {
      for (const oldest of this.#compiled.keys()) {
        this.#compiled.delete(oldest);
        break;
      }
    }
    this.#compiled.set(text, compiled);
    return compiled;
  }

  #evaluate(text: string, vars: Vars, budget: Budget): unknown {
    const { template, analysis, path, single } = this.#compile(text);
    if (path !== undefined) {
      budget.step();
      return followPath(path, vars);
    }
    if (template === undefined || analysis === undefined) return text;
    const steps = isMap(vars["steps"]) ? vars["steps"] : {};
    for (const step of analysis.steps) {
      if (Object.hasOwn(steps, step) && holdsStorageRef(steps[step])) {
        throw new ExpressionError(
          "offloaded",
          `expression reads the stored output of step "${step}"`,
        );
      }
    }
    budget.startOutput();
    let output: string;
    try {
      const { now, random } = this.options;
      output = execute(template, vars, this.#functions, { budget, now, random });
    } catch (error) {
      const absent = [...analysis.steps].find((step) => !Object.hasOwn(steps, step));
      if (error instanceof ExpressionError && error.code === "exec" && absent !== undefined) {
        throw new ExpressionError("blocked", `nothing at steps.${absent} yet`, { cause: error });
      }
      throw error;
    }
    return single ? decode(output) ?? (output.trim() === "null" ? null : output) : output;
  }

  #resolve(value: unknown, vars: Vars, budget: Budget, depth: number): unknown {
    if (depth > MAX_BLOCK_DEPTH) {
      throw new ExpressionError("limit", `block is nested deeper than ${MAX_BLOCK_DEPTH}`);
    }
    if (typeof value === "string") {
      return value.includes("{{") ? this.#evaluate(value, vars, budget) : value;
    }
    budget.step();
    if (Array.isArray(value)) {
      return value.map((item) => this.#resolve(item, vars, budget, depth + 1));
    }
    if (!isMap(value)) return value;
    if (Object.hasOwn(value, "$bubuTemplate")) {
      const text = value["$bubuTemplate"];
      if (typeof text !== "string") {
        throw new ExpressionError("parse", "$bubuTemplate must be a string");
      }
      const own = this.#resolve(value["$bubuTemplateVars"] ?? {}, vars, budget, depth + 1);
      if (!isMap(own)) throw new ExpressionError("parse", "$bubuTemplateVars must be an object");
      const all = mapOf([...Object.entries(vars), ...Object.entries(own)]);
      return text.includes("{{") ? this.#evaluate(text, all, budget) : text;
    }
    return mapOf(
      Object.entries(value)
        .map(([key, item]) => [key, this.#resolve(item, vars, budget, depth + 1)] as const),
    );
  }
}

function holdsStorageRef(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || depth > MAX_BLOCK_DEPTH) return false;
  if (Object.hasOwn(value, STORAGE_REF)) return true;
  return Object.values(value).some((inner) => holdsStorageRef(inner, depth + 1));
}
