import { composeName } from "../../contracts/transport/compose_name.ts";
import { createAuthority } from "../certificates/x509.ts";
import type { StepFiles } from "../process/step_environment.ts";

/** The files of hub and connectors. */
export interface RunFiles {
  readonly hub: StepFiles;
  /** By step id. */
  readonly steps: ReadonlyMap<string, StepFiles>;
}

/**
 * Makes an authority for this run alone, and certificates that name whom they are for as on a
 * cluster: a connector's speaks for its step, `<run>-<step>.<namespace>.svc`. Both are reached as
 * `localhost` too. The authority's key is forgotten, so that nobody can make one more.
 *
 * @param folder of this user alone
 */
export async function writeCertificates(
  folder: string,
  { namespace, storyRun, steps }: {
    readonly namespace: string;
    readonly storyRun: string;
    readonly steps: readonly string[];
  },
): Promise<RunFiles> {
  const authority = createAuthority("Headrace local story");
  const authorityFile = `${folder}/ca.crt`;
  await Deno.writeTextFile(authorityFile, authority.certificate);
  const write = async (name: string, dnsNames: string[], usage: "server" | "peer") => {
    const pair = authority.issue({ commonName: name.slice(0, 64), usage, dnsNames });
    const files = {
      certificate: `${folder}/${name}.crt`,
      key: `${folder}/${name}.key`,
      authority: authorityFile,
    };
    await Deno.writeTextFile(files.certificate, pair.certificate);
    await Deno.writeTextFile(files.key, pair.key, { mode: 0o600 });
    return files;
  };
  const hub = await write("hub", ["localhost"], "server");
  const files = new Map<string, StepFiles>();
  for (const step of steps) {
    const service = composeName(storyRun, step);
    const name = `${service}.${namespace}.svc`;
    files.set(step, await write(`step-${service}`, [name, "localhost"], "peer"));
  }
  return { hub, steps: files };
}
