/** A CycloneDX 1.6 bill of materials out of `deno.lock`. Pure, and the same for the same lock. */

/** The part of `deno.lock` (version 5) that names npm packages. */
export interface Lock {
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly dependencies?: readonly string[] }>
  >;
}

/** What the bill is of. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  /** The Deno that runs it. */
  readonly deno: string;
}

/** A package in the lock does not lead on, or has no hash that is known. */
export class BomError extends Error {
  override readonly name = "BomError";
  readonly code = "bom";
}

interface Package {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly dependencies: readonly string[];
}

/**
 * The bill of a program and of all packages that its direct ones lead to.
 *
 * @param direct `name@version` of each package that the program itself imports
 * @throws {BomError} when the lock lacks one of them
 */
export function billOfMaterials(lock: Lock, direct: readonly string[], subject: Subject) {
  const packages = new Map(
    Object.entries(lock.npm).map(([id, { integrity, dependencies = [] }]) => [
      id,
      { id, integrity, dependencies, ...nameAndVersion(id) },
    ]),
  );
  const reached = new Map<string, Package>();
  const edges = new Map<string, Package[]>();
  const reach = (wanted: string): Package => {
    const found = find(packages, wanted);
    if (!reached.has(found.id)) {
      reached.set(found.id, found);
      edges.set(found.id, found.dependencies.map(reach));
    }
    return found;
  };
  const roots = [...new Set(direct)].sort().map(reach);
  const runtime = `pkg:generic/deno@${subject.deno}`;
  const root = `pkg:generic/${subject.name}@${subject.version}`;
  const all = [...reached.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: subject.name,
        version: subject.version,
        purl: root,
        licenses: [{ license: { id: "Apache-2.0" } }],
      },
    },
    components: [
      { type: "platform", "bom-ref": runtime, name: "deno", version: subject.deno, purl: runtime },
      ...all.map((one) => ({
        type: "library",
        "bom-ref": purl(one),
        ...groupAndName(one.name),
        version: one.version,
        purl: purl(one),
        hashes: [{ alg: "SHA-512", content: sha512(one) }],
      })),
    ],
    dependencies: [
      { ref: root, dependsOn: [runtime, ...refs(roots)] },
      { ref: runtime, dependsOn: [] },
      ...all.map((one) => ({ ref: purl(one), dependsOn: refs(edges.get(one.id) ?? []) })),
    ],
  };
}

function refs(packages: readonly Package[]): string[] {
  return [...new Set(packages.map(purl))].sort();
}

/** `@scope/name@1.2.3`, with what its peers were resolved to after `_`. */
function nameAndVersion(id: string): { name: string; version: string } {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(id) ?? [];
  if (name === undefined || version === undefined) throw new BomError(`not a package: ${id}`);
  return { name, version };
}

/** A dependency is written without its version where the lock has one version only. */
function find(packages: ReadonlyMap<string, Package>, wanted: string): Package {
  const exact = packages.get(wanted);
  if (exact !== undefined) return exact;
  const [found, ...more] = [...packages.values()].filter(({ name, version }) =>
    wanted === name || wanted === `${name}@${version}`
  );
  if (found === undefined || more.length > 0) {
    throw new BomError(`deno.lock has ${more.length + (found ? 1 : 0)} packages for ${wanted}`);
  }
  return found;
}

function groupAndName(name: string): { group?: string; name: string } {
  const [group, rest] = name.split("/");
  return group !== undefined && rest !== undefined ? { group, name: rest } : { name };
}

/** Package URL; the @ of a scope is percent-encoded (purl specification, npm). */
function purl({ name, version }: Package): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function sha512({ id, integrity }: Package): string {
  const [, base64] = /^sha512-([\w+/]+=*)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new BomError(`${id} has no SHA-512 in deno.lock`);
  return Uint8Array.fromBase64(base64).toHex();
}
