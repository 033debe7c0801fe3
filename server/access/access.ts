import { ContractError } from "../../contracts/contract_error.ts";
import { type AccessRules, parseAccessFile } from "./access_file.ts";
import { HmacKeys, MIN_KEY_LENGTH } from "./hmac_keys.ts";
import { type JwtDeps, JwtVerifier } from "./jwt_verifier.ts";
import type { Principal } from "./permissions.ts";
import { Sessions } from "./sessions.ts";
import { StaticTokens } from "./static_tokens.ts";

/** Who may do what, as the access file says; takes a changed file without a restart. */
export class Access {
  readonly sessions: Sessions;
  readonly #path: string;
  readonly #deps: JwtDeps;
  #text = "";
  #tokens = new StaticTokens([]);
  #hmacKeys = new HmacKeys([]);
  #jwts: JwtVerifier | undefined;

  private constructor(path: string, deps: JwtDeps) {
    this.#path = path;
    this.#deps = deps;
    this.sessions = new Sessions(deps.now);
  }

  /**
   * Reads the rules.
   *
   * @throws {Error} when the file cannot be read or does not say what it must
   */
  static async open(path: string, deps: JwtDeps): Promise<Access> {
    const access = new Access(path, deps);
    await access.reload();
    return access;
  }

  /**
   * Takes the file's rules if it, or a key file that it names, has changed; on an error the rules stay
   * as they are. Sessions of the old rules end.
   *
   * @returns whether anything changed
   */
  async reload(): Promise<boolean> {
    const { readFile } = this.#deps;
    const text = await readFile(this.#path);
    const rules = parseAccessFile(text);
    const whole = [text, ...await Promise.all(keyFiles(rules).map(readFile))].join("\0");
    if (whole === this.#text) return false;
    // All that can fail comes before anything is taken.
    const hmacKeys = await readHmacKeys(rules, readFile);
    this.#jwts = await JwtVerifier.create(rules.issuers, this.#deps);
    this.#tokens = new StaticTokens(rules.tokens);
    this.#hmacKeys = hmacKeys;
    this.#text = whole;
    this.sessions.clear();
    return true;
  }

  /**
   * Who has this bearer token.
   *
   * @throws {TokenError} when nobody known has it
   */
  async authenticate(token: string): Promise<Principal> {
    return await this.#tokens.find(token) ?? await this.#jwts!.verify(token);
  }

  /** Who signed this body, if anyone known did; see {@linkcode HmacKeys.find}. */
  signerOf(signature: string, body: Uint8Array): Principal | undefined {
    return this.#hmacKeys.find(signature, body);
  }
}

function keyFiles({ issuers, hmacKeys }: AccessRules): string[] {
  const keySets = issuers.flatMap(({ jwksFile }) => jwksFile === undefined ? [] : [jwksFile]);
  return [...keySets, ...hmacKeys.map(({ keyFile }) => keyFile)];
}

async function readHmacKeys(
  { hmacKeys }: AccessRules,
  readFile: JwtDeps["readFile"],
): Promise<HmacKeys> {
  return new HmacKeys(
    await Promise.all(hmacKeys.map(async (rule) => {
      const key = await readFile(rule.keyFile);
      if (key.trim().length >= MIN_KEY_LENGTH) return { ...rule, key };
      throw new ContractError(
        `${rule.keyFile}: the key of ${rule.name} needs at least ${MIN_KEY_LENGTH} characters`,
      );
    })),
  );
}
