/** The tree of a parsed template. */
import type { GoInt } from "./values.ts";

export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "action"; readonly pipe: Pipe }
  | {
    readonly type: "if" | "with" | "range";
    readonly pipe: Pipe;
    readonly list: readonly Node[];
    readonly otherwise: readonly Node[] | undefined;
  }
  | { readonly type: "break" | "continue" }
  | { readonly type: "template"; readonly name: string; readonly pipe: Pipe | undefined };

export interface Pipe {
  readonly type: "pipe";
  /** Names of the variables that get the value, each with its `$`. */
  readonly variables: readonly string[];
  /** `=` rather than `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
}

export type Operand =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "dot" }
  | { readonly type: "nil" }
  | NumberOperand
  | { readonly type: "string"; readonly value: string; readonly source: string }
  | { readonly type: "field"; readonly path: readonly string[] }
  | { readonly type: "variable"; readonly name: string; readonly path: readonly string[] }
  | { readonly type: "identifier"; readonly name: string }
  | { readonly type: "chain"; readonly of: Operand; readonly path: readonly string[] }
  | Pipe;

export interface NumberOperand {
  readonly type: "number";
  readonly source: string;
  /** The value where an integer is wanted; undefined when it is none. */
  readonly int: GoInt | undefined;
  readonly float: number;
  /** The value where any type will do: Go's rules for untyped constants. */
  readonly constant: number | GoInt | undefined;
}

export interface Template {
  readonly root: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

/** An operand as it was written, for errors. */
export function operandText(operand: Operand): string {
  switch (operand.type) {
    case "bool":
      return String(operand.value);
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "number":
    case "string":
      return operand.source;
    case "field":
      return dotted(operand.path);
    case "variable":
      return operand.name + dotted(operand.path);
    case "identifier":
      return operand.name;
    case "chain":
      return operand.of.type === "pipe"
        ? `(${operandText(operand.of)})${dotted(operand.path)}`
        : operandText(operand.of) + dotted(operand.path);
    case "pipe": {
      const commands = operand.commands.map(({ operands }) =>
        operands.map((part) => part.type === "pipe" ? `(${operandText(part)})` : operandText(part))
          .join(" ")
      );
      const variables = operand.variables.length === 0
        ? ""
        : `${operand.variables.join(", ")} ${operand.assigns ? "=" : ":="} `;
      return variables + commands.join(" | ");
    }
  }
}

function dotted(path: readonly string[]): string {
  return path.map((name) => `.${name}`).join("");
}
