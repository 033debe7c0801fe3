import { z } from "zod";
import { streamingSettingsSchema } from "./streaming_settings.ts";

/** What is needed of JSON Schema here. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
}

/**
 * Every field of the streaming settings as a Markdown table, by its path: `lanes[].kind` is a field
 * of each lane.
 */
export function settingsReference(): string {
  const schema = z.toJSONSchema(streamingSettingsSchema, { io: "input" }) as Schema;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const head = ["field", "value", "means"];
  return line(head) + line(head.map(() => "---")) +
    fields(schema, "").map((cells) => line(cells)).join("");
}

function fields(schema: Schema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === "" ? name : `${path}.${name}`;
    if (field.properties !== undefined) return fields(field, at);
    if (field.items?.properties !== undefined) return fields(field.items, `${at}[]`);
    const isRequired = schema.required?.includes(name) === true;
    const means = [isRequired ? "required" : "", field.description ?? ""];
    return [[`\`${at}\``, valueOf(field), means.filter((one) => one !== "").join("; ")]];
  });
}

function valueOf({ type = "", enum: words, minimum, maximum, items }: Schema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(", ");
  if (items !== undefined) return `list of ${items.type ?? "values"}s`;
  // JSON Schema bounds an integer by what a double can hold, which tells nobody anything.
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`;
  return type === "integer"
    ? `${type}${most === "" ? `, ${minimum} or more` : ` ${minimum}${most}`}`
    : type;
}

const PAGE = new URL("../../docs/streaming_settings.md", import.meta.url);
const PLACE = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

if (import.meta.main) {
  const page = await Deno.readTextFile(PAGE);
  const reference = settingsReference();
  await Deno.writeTextFile(
    PAGE,
    page.replace(PLACE, (_, before, after) => `${before}\n${reference}\n${after}`),
  );
}
