/**
 * Asks Go's own text/template and sprig for the answers that expressions are held to. Run as a
 * program, it writes them down.
 */
import { run } from "../command.ts";

const GOLDEN = new URL("../../../hub/expression/golden/", import.meta.url);
const TOPICS = ["syntax", "builtins", "strings", "numbers", "collections", "dates"];

/** The committed answers' file. */
export const ANSWERS = new URL("answers.json", GOLDEN);

/**
 * The answers as Go gives them now.
 *
 * @throws {Error} with what Go says, when it cannot
 */
export async function answersOfGo(): Promise<string> {
  const templates: string[] = [];
  for (const topic of TOPICS) {
    const text = await Deno.readTextFile(new URL(`cases/${topic}.txt`, GOLDEN));
    templates.push(
      ...text.split("\n").filter((line) => line !== "" && !line.startsWith("# "))
        .map((line) => line.replaceAll("⏎", "\n").replaceAll("⇥", "\t")),
    );
  }
  const data: unknown = JSON.parse(await Deno.readTextFile(new URL("data.json", GOLDEN)));
  // A file rather than a pipe: run() gives programs no input.
  const input = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(input, JSON.stringify({ data, templates }));
    const { status, stdout, stderr } = await run("sh", ["-c", 'go run . < "$0"', input], {
      cwd: new URL(".", import.meta.url).pathname,
      env: { TZ: "UTC" },
    });
    if (status !== 0) throw new Error(`go run failed: ${stderr}`);
    return stdout;
  } finally {
    await Deno.remove(input);
  }
}

if (import.meta.main) await Deno.writeTextFile(ANSWERS, await answersOfGo());
