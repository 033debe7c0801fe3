/** One setting, as `--help` tells of it; the names that begin with BUBU are the original's. */
export interface Variable {
  readonly name: string;
  readonly fallback: string;
  readonly purpose: string;
}

export function variable(name: string, fallback: string, purpose: string): Variable {
  return { name, fallback, purpose };
}
