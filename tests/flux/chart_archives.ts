import { run } from "../tools/command.ts";
import { findTools } from "../tools/tools.ts";

/** A packaged chart. */
export interface ChartArchive {
  readonly version: string;
  /** `mill-1.0.0.tgz` */
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As artifacts carry it: `sha256:<hex>`. */
  readonly digest: string;
}

const CHART = new URL("chart", import.meta.url).pathname;

/** Packages the chart of the tests with the real Helm, once a version. */
export async function packageChart(
  versions: readonly string[],
): Promise<ReadonlyMap<string, ChartArchive>> {
  const { binaries } = await findTools(["helm"]);
  const folder = await Deno.makeTempDir({ prefix: "headrace-flux-charts-" });
  try {
    return new Map(
      await Promise.all(versions.map(async (version): Promise<[string, ChartArchive]> => {
        const { status, stderr } = await run("sh", [
          "-c",
          'exec "$0" package "$1" --version "$2" --destination "$3"',
          binaries.helm,
          CHART,
          version,
          folder,
        ]);
        if (status !== 0) throw new Error(`helm package: ${stderr}`);
        const file = `mill-${version}.tgz`;
        const bytes = await Deno.readFile(`${folder}/${file}`);
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        return [version, { version, file, bytes, digest: `sha256:${hash.toHex()}` }];
      })),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
