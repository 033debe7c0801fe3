/** What of the map a link carries. */
export interface LinkState {
  readonly node?: string | undefined;
  readonly q?: string | undefined;
  readonly status?: string | undefined;
  readonly region?: string | undefined;
  readonly family?: string | undefined;
  /** Unix milliseconds of the moment that is shown; absent for now. */
  readonly t?: string | undefined;
}

const KEYS = ["node", "q", "status", "region", "family", "t"] as const;

/** As it stands behind the `#`. */
export function writeLink(link: LinkState): string {
  const query = new URLSearchParams();
  for (const key of KEYS) if (link[key]) query.set(key, link[key]);
  return query.toString();
}

export function readLink(hash: string): LinkState {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  return Object.fromEntries(KEYS.map((key) => [key, query.get(key) || undefined]));
}
