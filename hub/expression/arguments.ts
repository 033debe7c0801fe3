import { ExpressionError } from "./errors.ts";
import { type Operand, operandText } from "./nodes.ts";
import { type ParamType, typeName } from "./values.ts";

/**
 * A literal where a parameter of a type wants it: a number becomes what the parameter takes.
 *
 * @throws {ExpressionError} `exec` when it is of another type
 */
export function literal(
  operand: Extract<Operand, { type: "bool" | "number" | "string" }>,
  type: ParamType,
): unknown {
  switch (type) {
    case "any":
    case "value":
      return literalValue(operand);
    case "bool":
      if (operand.type === "bool") return operand.value;
      throw exec(`expected bool; found ${operandText(operand)}`);
    case "string":
      if (operand.type === "string") return operand.value;
      throw exec(`expected string; found ${operandText(operand)}`);
    case "int":
      if (operand.type === "number" && operand.int !== undefined) return operand.int;
      throw exec(`expected integer; found ${operandText(operand)}`);
    case "float64":
      if (operand.type === "number") return operand.float;
      throw exec(`expected float; found ${operandText(operand)}`);
    default:
      throw exec(`can't handle ${operandText(operand)} for arg of type ${GO_TYPES[type]}`);
  }
}

/** A literal where any type will do. */
export function literalValue(
  operand: Extract<Operand, { type: "bool" | "number" | "string" }>,
): unknown {
  if (operand.type !== "number") return operand.value;
  if (operand.constant === undefined) throw exec(`${operand.source} overflows int`);
  return operand.constant;
}

/**
 * A value, checked against the type of the parameter that it goes to.
 *
 * @throws {ExpressionError} `exec` when it does not fit
 */
export function assignable(value: unknown, type: ParamType): unknown {
  if (type === "value") return value;
  if (type === "any") return value ?? null;
  if (value === undefined) {
    if (type === "map") return {};
    throw exec(`invalid value; expected ${GO_TYPES[type]}`);
  }
  if (value !== null && typeName(value) === GO_TYPES[type]) return value;
  const got = value === null ? "interface {}" : typeName(value);
  throw exec(`wrong type for value; expected ${GO_TYPES[type]}; got ${got}`);
}

/** Go's name of a parameter's type. */
export function goType(type: ParamType): string {
  return GO_TYPES[type];
}

const GO_TYPES: Readonly<Record<ParamType, string>> = {
  string: "string",
  int: "int",
  float64: "float64",
  bool: "bool",
  any: "interface {}",
  value: "reflect.Value",
  map: "map[string]interface {}",
  time: "time.Time",
};

/** @returns the error of a template that failed on its values */
export function exec(message: string, cause?: unknown): ExpressionError {
  return new ExpressionError("exec", message, cause === undefined ? undefined : { cause });
}
