import { exec } from "./arguments.ts";

/** The variables of one template, innermost last; `$` is what it was run on. */
export class Variables {
  readonly #stack: { readonly name: string; value: unknown }[];

  constructor(data: unknown) {
    this.#stack = [{ name: "$", value: data }];
  }

  /** How many there are; to set it back ends the scope of those declared since. */
  get length(): number {
    return this.#stack.length;
  }

  set length(length: number) {
    this.#stack.length = length;
  }

  declare(name: string, value: unknown): void {
    this.#stack.push({ name, value });
  }

  get(name: string): unknown {
    return this.#find(name).value;
  }

  assign(name: string, value: unknown): void {
    this.#find(name).value = value;
  }

  /** Sets the variable that was declared last, or the one before it. */
  setTop(place: 1 | 2, value: unknown): void {
    const variable = this.#stack.at(-place);
    if (variable !== undefined) variable.value = value;
  }

  #find(name: string): { value: unknown } {
    const variable = this.#stack.findLast((variable) => variable.name === name);
    if (variable === undefined) throw exec(`undefined variable: ${name}`);
    return variable;
  }
}
