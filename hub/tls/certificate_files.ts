import { X509Certificate } from "node:crypto";
import { ContractError } from "../../contracts/contract_error.ts";

/** A certificate with its key, and the authority that peers are held to; all PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** Where they are. */
export interface CertificatePaths {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/**
 * Reads a certificate, its key and the authority.
 *
 * @throws {ContractError} naming the file that is missing or wrong
 */
export async function readIdentity(
  paths: CertificatePaths,
  read: (path: string) => Promise<string>,
): Promise<Identity> {
  const [certificate, key, authority] = await Promise.all(
    [paths.certificate, paths.key, paths.authority].map(async (path) => {
      try {
        return await read(path);
      } catch (cause) {
        throw new ContractError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
      }
    }),
  ) as [string, string, string];
  for (const [path, text] of [[paths.certificate, certificate], [paths.authority, authority]]) {
    try {
      new X509Certificate(text!);
    } catch (cause) {
      throw new ContractError(`${path} is no certificate in PEM`, { cause });
    }
  }
  if (!key.includes("PRIVATE KEY")) {
    throw new ContractError(`${paths.key} is no private key in PEM`);
  }
  return { certificate, key, authority };
}

/**
 * Looks whether the files changed, as cert-manager renews them in place. Files that are wrong for a
 * moment, or half written, leave the last good ones in force.
 *
 * @param onError told of files that cannot be used
 */
export class CertificateWatch {
  #current: Identity;

  constructor(
    readonly paths: CertificatePaths,
    initial: Identity,
    private readonly read: (path: string) => Promise<string>,
    private readonly onChange: (identity: Identity) => void,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#current = initial;
  }

  async look(): Promise<void> {
    try {
      const next = await readIdentity(this.paths, this.read);
      const same = next.certificate === this.#current.certificate &&
        next.key === this.#current.key && next.authority === this.#current.authority;
      if (same) return;
      this.#current = next;
      this.onChange(next);
    } catch (error) {
      this.onError(error);
    }
  }
}
