import type { Node, Operand, Pipe, Template } from "./nodes.ts";

/** What a template reads and does, without running it. */
export interface Analysis {
  /** Names of the data's top level that it reads, such as `packet`. */
  readonly roots: ReadonlySet<string>;
  /** Steps that it reads by name. */
  readonly steps: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  readonly ranges: boolean;
  /** Names of the templates that it includes. */
  readonly includes: ReadonlySet<string>;
}

export function analyse(template: Template): Analysis {
  const analyser = new Analyser();
  analyser.nodes(template.root, true);
  for (const nodes of template.defined.values()) analyser.nodes(nodes, false);
  return analyser;
}

class Analyser implements Analysis {
  readonly roots = new Set<string>();
  readonly steps = new Set<string>();
  readonly functions = new Set<string>();
  readonly includes = new Set<string>();
  ranges = false;

  /** @param atRoot whether the dot is the data here, rather than what a `with` or `range` found */
  nodes(nodes: readonly Node[], atRoot: boolean): void {
    for (const node of nodes) {
      switch (node.type) {
        case "action":
          this.#pipe(node.pipe, atRoot);
          break;
        case "if":
        case "with":
        case "range":
          if (node.type === "range") this.ranges = true;
          this.#pipe(node.pipe, atRoot);
          this.nodes(node.list, atRoot && node.type === "if");
          this.nodes(node.otherwise ?? [], atRoot);
          break;
        case "template":
          this.includes.add(node.name);
          if (node.pipe !== undefined) this.#pipe(node.pipe, atRoot);
      }
    }
  }

  #pipe(pipe: Pipe, atRoot: boolean): void {
    for (const { operands } of pipe.commands) {
      const [name, of, key] = operands;
      // The dot on its own, as in `index . "steps"`, may be any of the data.
      if (name.type === "identifier" && name.name === "index" && of !== undefined) {
        const path = pathOf(of, atRoot);
        if (key?.type === "string" && path !== undefined) this.#read([...path, key.value]);
      }
      for (const operand of operands) this.#operand(operand, atRoot);
    }
  }

  #operand(operand: Operand, atRoot: boolean): void {
    const path = pathOf(operand, atRoot);
    if (path !== undefined) this.#read(path);
    if (operand.type === "identifier") this.functions.add(operand.name);
    if (operand.type === "chain") this.#operand(operand.of, atRoot);
    if (operand.type === "pipe") this.#pipe(operand, atRoot);
  }

  #read([root, step]: readonly string[]): void {
    if (root !== undefined) this.roots.add(root);
    if (root === "steps" && step !== undefined) this.steps.add(step);
  }
}

/** The path from the top of the data that an operand is, if it is one. */
function pathOf(operand: Operand, atRoot: boolean): readonly string[] | undefined {
  if (operand.type === "field" && atRoot) return operand.path;
  if (operand.type === "variable" && operand.name === "$") return operand.path;
  if (operand.type === "dot" && atRoot) return [];
  if (operand.type === "chain") {
    const of = pathOf(operand.of, atRoot);
    return of && [...of, ...operand.path];
  }
  if (operand.type === "pipe" && operand.commands.length === 1) {
    const [name, of, key] = operand.commands[0]?.operands ?? [];
    if (name?.type !== "identifier" || name.name !== "index" || key?.type !== "string") {
      return undefined;
    }
    const path = of === undefined ? undefined : pathOf(of, atRoot);
    return path && [...path, key.value];
  }
  return undefined;
}
