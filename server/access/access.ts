import { type AccessRules, parseAccessFile } from "./access_file.ts";
import { JwtVerifier } from "./jwt_verifier.ts";
import type { Principal } from "./permissions.ts";
import { Sessions } from "./sessions.ts";
import { StaticTokens } from "./static_tokens.ts";

/** What access control takes from the world around it. */
export interface AccessDeps {
  readonly readFile: (path: string) => Promise<string>;
  /** Unix time in ms. */
  readonly now: () => number;
}

/** Who may do what, as the access file says; takes a changed file without a restart. */
export class Access {
  readonly sessions: Sessions;
  readonly #path: string;
  readonly #deps: AccessDeps;
  #text = "";
  #tokens = new StaticTokens([]);
  #jwts: JwtVerifier | undefined;

  private constructor(path: string, deps: AccessDeps) {
    this.#path = path;
    this.#deps = deps;
    this.sessions = new Sessions(deps.now);
  }

  /**
   * Reads the rules.
   *
   * @throws {Error} when the file cannot be read or does not say what it must
   */
  static async open(path: string, deps: AccessDeps): Promise<Access> {
    const access = new Access(path, deps);
    await access.reload();
    return access;
  }

  /**
   * Takes the file's rules if it, or a key set that it names, has changed; on an error the rules stay
   * as they are. Sessions of the old rules end.
   *
   * @returns whether anything changed
   */
  async reload(): Promise<boolean> {
    const { readFile, now } = this.#deps;
    const text = await readFile(this.#path);
    const rules = parseAccessFile(text);
    const whole = [text, ...await Promise.all(keyFiles(rules).map(readFile))].join("\0");
    if (whole === this.#text) return false;
    this.#jwts = await JwtVerifier.create(rules.issuers, readFile, now);
    this.#tokens = new StaticTokens(rules.tokens);
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
}

function keyFiles({ issuers }: AccessRules): string[] {
  return issuers.flatMap(({ jwksFile }) => jwksFile === undefined ? [] : [jwksFile]);
}
