import { assert, assertEquals } from "@std/assert";
import { Budget, DEFAULT_LIMITS } from "./budget.ts";
import { ExpressionError } from "./errors.ts";
import { execute } from "./evaluator.ts";
import { DETERMINISTIC } from "./functions/registry.ts";
import { parseTemplate } from "./parser.ts";

/** What Go's text/template and sprig made of a template; see golden/README.md. */
interface Answer {
  readonly template: string;
  readonly output?: string;
  readonly parse?: string;
  readonly exec?: string;
}

/** Only the stage counts: Go's JSON reader, and its name of an item's type, have words of their own. */
const OTHER_WORDS: ReadonlySet<string> = new Set([
  '{{ mustFromJson "{" }}',
  "{{ range .steps.ingress.items }}{{ .x }}{{ end }}",
]);

const golden = new URL("./golden/", import.meta.url);
const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, golden)));

function solve(template: string, data: unknown): Omit<Answer, "template"> {
  const context = {
    budget: new Budget(DEFAULT_LIMITS, () => 0),
    now: () => 0,
    random: () => 0,
  };
  try {
    const parsed = parseTemplate(template, (name) => DETERMINISTIC.has(name));
    return { output: execute(parsed, data, DETERMINISTIC, context) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return error.code === "parse" ? { parse: error.message } : { exec: error.message };
  }
}

Deno.test("templates give the answers of Go's text/template and sprig", async (t) => {
  const data: unknown = await read("data.json");
  const answers: Answer[] = await read("answers.json");
  assert(answers.length >= 400, "the corpus is whole");
  for (const { template, ...expected } of answers) {
    await t.step(template, () => {
      const actual = solve(template, data);
      if (OTHER_WORDS.has(template)) assertEquals(Object.keys(actual), Object.keys(expected));
      else assertEquals(actual, expected);
    });
  }
});
