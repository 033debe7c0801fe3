import { quote } from "./format.ts";
import { parseError, type Token, tokens, type TokenType, unexpected } from "./lexer.ts";
import { numberOperand, unquote } from "./literals.ts";
import {
  type Command,
  type Node,
  type Operand,
  operandText,
  type Pipe,
  type Template,
} from "./nodes.ts";

/** Parentheses and blocks inside each other; deeper is no expression that a person wrote. */
const MAX_DEPTH = 100;

type End = { readonly type: "end" } | { readonly type: "else"; readonly chained: boolean };

/**
 * Parses a template of Go's text/template.
 *
 * @param isFunction whether a name may be called; others are errors at once, as in Go
 * @throws {ExpressionError} `parse`
 */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): Template {
  return new Parser(text, isFunction).parse();
}

class Parser {
  readonly #source: Iterator<Token>;
  readonly #read: Token[] = [];
  #at = 0;
  #variables = ["$"];
  #rangeDepth = 0;
  #depth = 0;
  readonly #defined = new Map<string, readonly Node[]>();
  readonly #isFunction: (name: string) => boolean;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#source = tokens(text);
    this.#isFunction = isFunction;
  }

  parse(): Template {
    const root: Node[] = [];
    while (this.#peek().type !== "eof") {
      if (this.#define()) continue;
      const node = this.#textOrAction();
      if (node.type === "end" || node.type === "else") {
        throw parseError(`unexpected {{${node.type}}}`);
      }
      root.push(node);
    }
    return { root, defined: this.#defined };
  }

  #peek(): Token {
    const token = this.#read[this.#at];
    if (token !== undefined) return token;
    const next = this.#source.next();
    const read: Token = next.done ? { type: "eof", text: "EOF" } : next.value;
    this.#read.push(read);
    return read;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skipSpace(): Token {
    while (this.#peek().type === "space") this.#at++;
    return this.#peek();
  }

  #nextNonSpace(): Token {
    this.#skipSpace();
    return this.#next();
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.type !== type) throw unexpected(token, context);
    return token;
  }

  #keyword(word: string): boolean {
    const token = this.#skipSpace();
    return token.type === "keyword" && token.text === word;
  }

  #define(): boolean {
    const start = this.#at;
    if (this.#next().type === "leftDelim" && this.#keyword("define")) {
      this.#next();
      const token = this.#nextNonSpace();
      if (token.type !== "string" && token.type !== "rawString") {
        throw unexpected(token, "define clause");
      }
      this.#expect("rightDelim", "define clause");
      this.#body(unquote(token.text), "define clause");
      return true;
    }
    this.#at = start;
    return false;
  }

  /** The body of a definition knows no variables and no loop around it. */
  #body(name: string, context: string): void {
    const { variables, rangeDepth } = { variables: this.#variables, rangeDepth: this.#rangeDepth };
    this.#variables = ["$"];
    this.#rangeDepth = 0;
    const [nodes, end] = this.#list();
    if (end.type !== "end") throw parseError(`unexpected {{else}} in ${context}`);
    this.#variables = variables;
    this.#rangeDepth = rangeDepth;
    const known = this.#defined.get(name);
    if (known === undefined || isEmpty(known)) this.#defined.set(name, nodes);
    else if (!isEmpty(nodes)) {
      throw parseError(`template: multiple definition of template ${quote(name)}`);
    }
  }

  #list(): [Node[], End] {
    const nodes: Node[] = [];
    while (this.#skipSpace().type !== "eof") {
      const node = this.#textOrAction();
      if (node.type === "end" || node.type === "else") return [nodes, node];
      nodes.push(node);
    }
    throw parseError("unexpected EOF");
  }

  #textOrAction(): Node | End {
    const token = this.#nextNonSpace();
    if (token.type === "text") return { type: "text", text: token.text };
    if (token.type !== "leftDelim") throw unexpected(token, "input");
    const keyword = this.#skipSpace();
    if (keyword.type !== "keyword") return { type: "action", pipe: this.#pipe("command") };
    this.#next();
    switch (keyword.text) {
      case "if":
      case "with":
      case "range":
        return this.#control(keyword.text);
      case "end":
        this.#expect("rightDelim", "end");
        return { type: "end" };
      case "else":
        if (this.#keyword("if") || this.#keyword("with")) return { type: "else", chained: true };
        this.#expect("rightDelim", "else");
        return { type: "else", chained: false };
      case "break":
      case "continue": {
        const end = this.#nextNonSpace();
        if (end.type !== "rightDelim") throw unexpected(end, `{{${keyword.text}}}`);
        if (this.#rangeDepth === 0) throw parseError(`{{${keyword.text}}} outside {{range}}`);
        return { type: keyword.text };
      }
      case "template":
      case "block":
        return this.#template(keyword.text);
      default:
        throw unexpected(keyword, "command");
    }
  }

  #control(type: "if" | "with" | "range"): Node {
    if (++this.#depth > MAX_DEPTH) throw parseError("max expression depth exceeded");
    const variables = this.#variables.length;
    const pipe = this.#pipe(type);
    if (type === "range") this.#rangeDepth++;
    const [list, end] = this.#list();
    if (type === "range") this.#rangeDepth--;
    let otherwise: readonly Node[] | undefined;
    if (end.type === "else") {
      if (end.chained && type !== "range" && this.#keyword(type)) {
        this.#next();
        otherwise = [this.#control(type)];
      } else {
        const [nodes, last] = this.#list();
        if (last.type !== "end") throw parseError("expected end; found {{else}}");
        otherwise = nodes;
      }
    }
    this.#variables.length = variables;
    this.#depth--;
    return { type, pipe, list, otherwise };
  }

  #template(type: "template" | "block"): Node {
    const context = `${type} clause`;
    const token = this.#nextNonSpace();
    if (token.type !== "string" && token.type !== "rawString") throw unexpected(token, context);
    const name = unquote(token.text);
    if (type === "template" && this.#skipSpace().type === "rightDelim") {
      this.#next();
      return { type: "template", name, pipe: undefined };
    }
    const pipe = this.#pipe(context);
    if (type === "block") this.#body(name, context);
    return { type: "template", name, pipe };
  }

  #pipe(context: string, end: TokenType = "rightDelim"): Pipe {
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!STARTS_OPERAND.has(token.type)) throw unexpected(token, context);
      this.#at--;
      commands.push(this.#command());
    }
    if (commands.length === 0) throw parseError(`missing value for ${context}`);
    for (const [index, { operands: [first] }] of commands.entries()) {
      if (index > 0 && ["bool", "dot", "nil", "number", "string"].includes(first.type)) {
        throw parseError(`non executable command in pipeline stage ${index + 1}`);
      }
    }
    return { type: "pipe", variables, assigns, commands };
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const start = this.#at;
      const variable = this.#skipSpace();
      if (variable.type !== "variable") return { variables, assigns: false };
      this.#next();
      const next = this.#skipSpace();
      if (next.type === "assign" || next.type === "declare") {
        this.#next();
        variables.push(variable.text);
        this.#variables.push(variable.text);
        return { variables, assigns: next.type === "assign" };
      }
      if (next.type !== "char" || next.text !== ",") {
        this.#at = start;
        return { variables, assigns: false };
      }
      this.#next();
      variables.push(variable.text);
      this.#variables.push(variable.text);
      if (context !== "range" || variables.length >= 2) {
        throw parseError(`too many declarations in ${context}`);
      }
      if (!["variable", "rightDelim", "rightParen"].includes(this.#skipSpace().type)) {
        throw parseError("range can only initialize variables");
      }
    }
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) operands.push(operand);
      const token = this.#next();
      if (token.type === "space") continue;
      if (token.type === "rightDelim" || token.type === "rightParen") this.#at--;
      else if (token.type !== "pipe") throw unexpected(token, "operand");
      break;
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw parseError("empty command");
    return { operands: [first, ...rest] };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().type !== "field") return term;
    const path: string[] = [];
    while (this.#peek().type === "field") path.push(this.#next().text.slice(1));
    switch (term.type) {
      case "field":
      case "variable":
        return { ...term, path: [...term.path, ...path] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        throw parseError(`unexpected . after term ${quote(operandText(term))}`);
      default:
        return { type: "chain", of: term, path };
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case "identifier":
        if (!this.#isFunction(token.text)) {
          throw parseError(`function ${quote(token.text)} not defined`);
        }
        return { type: "identifier", name: token.text };
      case "dot":
        return { type: "dot" };
      case "nil":
        return { type: "nil" };
      case "variable":
        if (!this.#variables.includes(token.text)) {
          throw parseError(`undefined variable ${quote(token.text)}`);
        }
        return { type: "variable", name: token.text, path: [] };
      case "field":
        return { type: "field", path: [token.text.slice(1)] };
      case "bool":
        return { type: "bool", value: token.text === "true" };
      case "character":
      case "number":
        return numberOperand(token.text);
      case "leftParen": {
        if (++this.#depth > MAX_DEPTH) throw parseError("max expression depth exceeded");
        const pipe = this.#pipe("parenthesized pipeline", "rightParen");
        this.#depth--;
        return pipe;
      }
      case "string":
      case "rawString":
        return { type: "string", value: unquote(token.text), source: token.text };
      default:
        this.#at--;
        return undefined;
    }
  }
}

const STARTS_OPERAND: ReadonlySet<TokenType> = new Set<TokenType>([
  "bool",
  "character",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "rawString",
  "string",
  "variable",
  "leftParen",
]);

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.type === "text" && node.text.trim() === "");
}
