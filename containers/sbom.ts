/**
 * `deno task sbom <server|adapter|operator|hub>`: prints the bill of materials of a program, as CycloneDX JSON.
 * Which packages the program imports, Deno says; what they are, `deno.lock`.
 */
import { billOfMaterials, BomError } from "./bom.ts";
import { type Part, PARTS } from "./containerfile.ts";

const ROOT = new URL("../", import.meta.url);

/** `name@version` of the npm packages that a program's modules import. */
export function directPackages(info: { modules: readonly { specifier: string }[] }): string[] {
  const found = info.modules.flatMap(({ specifier }) =>
    /^npm:\/?((?:@[^/]+\/)?[^/@]+@[^/]+)/.exec(specifier)?.[1] ?? []
  );
  return [...new Set(found)].sort();
}

/** The bill of materials of a program as it is in this repository. */
export async function sbom(part: Part) {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, ROOT)));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen", `${part}/main.ts`],
    cwd: ROOT.pathname,
  }).output();
  const text = new TextDecoder();
  if (!success) throw new BomError(`deno info ${part}/main.ts: ${text.decode(stderr)}`);
  const { version } = await read("deno.json");
  return billOfMaterials(await read("deno.lock"), directPackages(JSON.parse(text.decode(stdout))), {
    name: `headrace-${part}`,
    version,
    deno: Deno.version.deno,
  });
}

if (import.meta.main) {
  const part = PARTS.find((one) => one === Deno.args[0]);
  const say = (stream: typeof Deno.stdout, words: string) =>
    stream.writeSync(new TextEncoder().encode(`${words}\n`));
  if (part === undefined || Deno.args.length > 1) {
    say(Deno.stderr, `usage: deno task sbom <${PARTS.join("|")}>`);
    Deno.exit(2);
  }
  say(Deno.stdout, JSON.stringify(await sbom(part), null, 2));
}
