import { assignable, exec, goType, literal, literalValue } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { ExpressionError } from "./errors.ts";
import { printValue, quote } from "./format.ts";
import type { Context, Fn } from "./functions/define.ts";
import { Jump, jumps, rounds } from "./range.ts";
import { Variables } from "./variables.ts";
import {
  type Command,
  type Node,
  type Operand,
  operandText,
  type Pipe,
  type Template,
} from "./nodes.ts";
import {
  entriesOf,
  GoObject,
  GoStringMap,
  isTrue,
  itemsOf,
  lookUp,
  type ParamType,
  typeName,
} from "./values.ts";

/** Templates inside templates; the parser bounds everything else that nests. */
const MAX_TEMPLATE_DEPTH = 200;

/** No value comes down the pipeline; unlike `undefined`, which is one. */
const ABSENT = Symbol("absent");

/**
 * Runs a template with `missingkey=zero` and returns its output.
 *
 * @throws {ExpressionError} `exec`, `limit` or `offloaded`
 */
export function execute(
  template: Template,
  data: unknown,
  functions: ReadonlyMap<string, Fn>,
  context: Context,
): string {
  return new Evaluator(template, functions, context).run(data);
}

class Evaluator {
  #output = "";
  #variables = new Variables(undefined);
  #depth = 0;
  readonly #budget: Budget;

  constructor(
    readonly template: Template,
    readonly functions: ReadonlyMap<string, Fn>,
    readonly context: Context,
  ) {
    this.#budget = context.budget;
  }

  run(data: unknown): string {
    this.#variables = new Variables(data);
    this.#walkList(data, this.template.root);
    return this.#output;
  }

  #write(text: string): void {
    this.#budget.output(text);
    this.#output += text;
  }

  #walkList(dot: unknown, nodes: readonly Node[]): void {
    for (const node of nodes) this.#walk(dot, node);
  }

  #walk(dot: unknown, node: Node): void {
    this.#budget.step();
    switch (node.type) {
      case "text":
        return this.#write(node.text);
      case "action": {
        const value = this.#pipe(dot, node.pipe);
        if (node.pipe.variables.length === 0) this.#write(printValue(value));
        return;
      }
      case "if":
      case "with": {
        const mark = this.#variables.length;
        const value = this.#pipe(dot, node.pipe);
        if (isTrue(value)) this.#walkList(node.type === "with" ? value : dot, node.list);
        else if (node.otherwise !== undefined) this.#walkList(dot, node.otherwise);
        this.#variables.length = mark;
        return;
      }
      case "range":
        return this.#range(dot, node);
      case "break":
      case "continue":
        throw new Jump(node.type);
      case "template":
        return this.#include(dot, node);
    }
  }

  #range(dot: unknown, { pipe, list, otherwise }: Extract<Node, { list: unknown }>): void {
    const outer = this.#variables.length;
    const value = this.#pipe(dot, pipe);
    const mark = this.#variables.length;
    const [first, second] = pipe.variables;

    const round = (index: unknown, item: unknown) => {
      this.#budget.step();
      // One variable gets the item, of two the first gets the index.
      const [indexName, itemName] = second === undefined ? [undefined, first] : [first, second];
      if (pipe.assigns) {
        if (indexName !== undefined) this.#variables.assign(indexName, index);
        if (itemName !== undefined) this.#variables.assign(itemName, item);
      } else {
        if (itemName !== undefined) this.#variables.setTop(1, item);
        if (indexName !== undefined) this.#variables.setTop(2, index);
      }
      try {
        this.#walkList(item, list);
      } catch (error) {
        if (!jumps(error, "continue")) throw error;
      } finally {
        this.#variables.length = mark;
      }
    };

    let count = 0;
    try {
      for (const [index, item] of rounds(value, pipe.variables.length)) {
        count++;
        round(index, item);
      }
    } catch (error) {
      if (!jumps(error, "break")) throw error;
    }
    if (count === 0 && otherwise !== undefined) this.#walkList(dot, otherwise);
    this.#variables.length = outer;
  }

  #include(dot: unknown, { name, pipe }: Extract<Node, { type: "template" }>): void {
    const nodes = this.template.defined.get(name);
    if (nodes === undefined) throw exec(`template ${quote(name)} not defined`);
    if (this.#depth >= MAX_TEMPLATE_DEPTH) {
      throw new ExpressionError("limit", "exceeded maximum template depth");
    }
    const inner = pipe === undefined ? undefined : this.#pipe(dot, pipe);
    const variables = this.#variables;
    this.#variables = new Variables(inner);
    this.#depth++;
    this.#walkList(inner, nodes);
    this.#depth--;
    this.#variables = variables;
  }

  #pipe(dot: unknown, pipe: Pipe): unknown {
    let value: unknown = ABSENT;
    for (const command of pipe.commands) {
      value = this.#command(dot, command, value);
      // Go looks into the interface here: a nil one becomes the invalid value.
      if (value === null) value = undefined;
    }
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#variables.assign(name, value);
      else this.#variables.declare(name, value);
    }
    return value;
  }

  #command(dot: unknown, { operands }: Command, final: unknown): unknown {
    this.#budget.step();
    const [first, ...args] = operands;
    switch (first.type) {
      case "field":
        return this.#chain(dot, dot, first.path, args, final);
      case "chain":
        return this.#chain(dot, this.#chainRoot(dot, first), first.path, args, final);
      case "variable":
        if (first.path.length > 0) {
          return this.#chain(dot, this.#variables.get(first.name), first.path, args, final);
        }
        break;
      case "identifier":
        return this.#call(dot, first.name, args, final);
    }
    if (args.length > 0 || final !== ABSENT) {
      throw exec(`can't give argument to non-function ${operandText(first)}`);
    }
    if (first.type === "nil") throw exec("nil is not a command");
    return this.#operand(dot, first);
  }

  /** The value of an operand where any type will do. */
  #operand(dot: unknown, operand: Operand): unknown {
    switch (operand.type) {
      case "bool":
      case "number":
      case "string":
        return literalValue(operand);
      case "dot":
        return dot;
      case "nil":
        return undefined;
      case "field":
        return this.#chain(dot, dot, operand.path, [], ABSENT);
      case "variable":
        return operand.path.length === 0
          ? this.#variables.get(operand.name)
          : this.#chain(dot, this.#variables.get(operand.name), operand.path, [], ABSENT);
      case "identifier":
        return this.#call(dot, operand.name, [], ABSENT);
      case "chain":
        return this.#chain(dot, this.#chainRoot(dot, operand), operand.path, [], ABSENT);
      case "pipe":
        return this.#pipe(dot, operand);
    }
  }

  #chainRoot(dot: unknown, chain: Extract<Operand, { type: "chain" }>): unknown {
    if (chain.of.type === "nil") {
      throw exec(`indirection through explicit nil in ${operandText(chain)}`);
    }
    return this.#operand(dot, chain.of);
  }

  #chain(
    dot: unknown,
    root: unknown,
    path: readonly string[],
    args: readonly Operand[],
    final: unknown,
  ): unknown {
    let value = root;
    for (const [index, name] of path.entries()) {
      const last = index === path.length - 1;
      // What a map holds is an interface to Go, whatever is inside.
      const type = index > 0 ? "interface {}" : typeName(value);
      value = this.#field(dot, value, name, type, last ? args : [], last ? final : ABSENT);
    }
    return value;
  }

  #field(
    dot: unknown,
    receiver: unknown,
    name: string,
    type: string,
    args: readonly Operand[],
    final: unknown,
  ): unknown {
    this.#budget.step();
    if (receiver === undefined) return undefined;
    if (receiver === null) throw exec(`nil pointer evaluating interface {}.${name}`);
    if (receiver instanceof GoObject) {
      const method = receiver.method(name);
      if (method !== undefined) {
        return this.#apply(dot, name, { ...method, variadic: false }, args, final, method.call);
      }
    }
    const entries = entriesOf(receiver);
    if (entries === undefined) {
      throw exec(`can't evaluate field ${name} in type ${type}`);
    }
    if (args.length > 0 || final !== ABSENT) {
      throw exec(`${name} is not a method but has arguments`);
    }
    return lookUp(entries, name, receiver instanceof GoStringMap ? "" : null);
  }

  #call(dot: unknown, name: string, args: readonly Operand[], final: unknown): unknown {
    const fn = this.functions.get(name);
    if (fn === undefined) throw exec(`${quote(name)} is not a defined function`);
    if (fn.builtin && (name === "and" || name === "or")) {
      return this.#shortCircuit(dot, name, args, final);
    }
    return this.#apply(dot, name, fn, args, final, (...values) => fn.call(this.context, ...values));
  }

  #shortCircuit(
    dot: unknown,
    name: "and" | "or",
    args: readonly Operand[],
    final: unknown,
  ): unknown {
    if (args.length === 0 && final === ABSENT) {
      throw exec(`wrong number of args for ${name}: want at least 1 got 0`);
    }
    let value: unknown;
    for (const arg of args) {
      value = this.#argument(dot, arg, "value");
      if (isTrue(value) === (name === "or")) return value;
    }
    return final === ABSENT ? value : final;
  }

  #apply(
    dot: unknown,
    name: string,
    { params, variadic }: { readonly params: readonly ParamType[]; readonly variadic: boolean },
    args: readonly Operand[],
    final: unknown,
    call: (...values: unknown[]) => unknown,
  ): unknown {
    const count = args.length + (final === ABSENT ? 0 : 1);
    const fixed = variadic ? params.length - 1 : params.length;
    if (variadic ? count < fixed : count !== fixed) {
      const want = variadic ? `at least ${fixed}` : String(fixed);
      throw exec(
        `wrong number of args for ${name}: want ${want} got ${variadic ? args.length : count}`,
      );
    }
    const paramAt = (index: number): ParamType =>
      params[Math.min(index, params.length - 1)] ?? "any";
    const values = args.map((arg, index) => this.#argument(dot, arg, paramAt(index)));
    if (final !== ABSENT) values.push(assignable(final, paramAt(args.length)));
    let value: unknown;
    try {
      value = call(...values);
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.code !== "exec") throw error;
      throw exec(`error calling ${name}: ${error.message}`, error);
    }
    if (typeof value === "string") this.#budget.work(value.length);
    else this.#budget.work(itemsOf(value)?.length ?? 1);
    return value;
  }

  #argument(dot: unknown, operand: Operand, type: ParamType): unknown {
    this.#budget.step();
    switch (operand.type) {
      case "nil":
        if (type === "any") return null;
        if (type === "value") return undefined;
        if (type === "map") return {};
        throw exec(`cannot assign nil to ${goType(type)}`);
      case "bool":
      case "number":
      case "string":
        return literal(operand, type);
      default:
        return assignable(this.#operand(dot, operand), type);
    }
  }
}
