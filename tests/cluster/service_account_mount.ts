import { run } from "../tools/command.ts";

/** A folder as the kubelet mounts it into a pod: `token`, `ca.crt`, `namespace`. */
export interface ServiceAccountMount {
  readonly folder: string;
  /**
   * Puts another token in place as the kubelet does: a new folder beside the old one, then one
   * rename of the symbolic link `..data`, so that no reader ever sees half a token.
   */
  rotate(token: string): Promise<void>;
}

/** What a mount holds beside its token. */
export interface MountContent {
  readonly token: string;
  readonly ca: string;
  readonly namespace: string;
}

/** Makes the mount in `folder`, which must not exist. */
export async function mountServiceAccount(
  folder: string,
  { token, ca, namespace }: MountContent,
): Promise<ServiceAccountMount> {
  let version = 0;
  async function rotate(token: string): Promise<void> {
    version += 1;
    const data = `..${version}`;
    await Deno.mkdir(`${folder}/${data}`);
    await Deno.writeTextFile(`${folder}/${data}/token`, token);
    await Deno.writeTextFile(`${folder}/${data}/ca.crt`, ca);
    await Deno.writeTextFile(`${folder}/${data}/namespace`, namespace);
    await link(data, `${folder}/..data_tmp`);
    await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
    if (version > 1) await Deno.remove(`${folder}/..${version - 1}`, { recursive: true });
  }

  await Deno.mkdir(folder);
  await rotate(token);
  for (const name of ["token", "ca.crt", "namespace"]) {
    await link(`..data/${name}`, `${folder}/${name}`);
  }
  return { folder, rotate };
}

/** Through ln, because Deno makes symbolic links only with permission for the whole disk. */
async function link(target: string, path: string): Promise<void> {
  const { status, stderr } = await run("sh", ["-c", 'ln -s "$0" "$1"', target, path]);
  if (status !== 0) throw new Error(`cannot link ${path}: ${stderr}`);
}
