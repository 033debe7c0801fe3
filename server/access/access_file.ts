import { z } from "zod";
import { ContractError } from "../../contracts/contract_error.ts";
import { grantSchema } from "./permissions.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a token in 64 hex digits");

/** A bearer token, known by its hash only. */
const tokenSchema = z.strictObject({
  name: z.string().min(1).max(100),
  sha256: hash,
  allow: z.array(grantSchema).min(1),
});

/** An issuer of JWTs, and what its subjects may do. */
const issuerSchema = z.strictObject({
  issuer: z.string().min(1),
  audience: z.string().min(1),
  jwksUri: z.url({ protocol: /^https?$/ }).optional(),
  jwksFile: z.string().min(1).optional(),
  subjects: z.array(z.strictObject({
    subject: z.string().min(1).meta({ description: "`sub`; * stands for any run of characters" }),
    allow: z.array(grantSchema).min(1),
  })).min(1),
}).refine(
  ({ jwksUri, jwksFile }) => (jwksUri === undefined) !== (jwksFile === undefined),
  "must have either jwksUri or jwksFile",
);

/** A sender who signs what it posts with a shared secret, as notification-controller does. */
const hmacKeySchema = z.strictObject({
  name: z.string().min(1).max(100),
  keyFile: z.string().min(1),
  allow: z.array(grantSchema).min(1),
});

/** Who may do what: the content of `FLOW_SERVER_ACCESS_FILE`. */
export const accessFileSchema = z.strictObject({
  tokens: z.array(tokenSchema).default([]),
  issuers: z.array(issuerSchema).default([]),
  hmacKeys: z.array(hmacKeySchema).default([]),
});

export type AccessRules = z.output<typeof accessFileSchema>;
export type TokenRule = AccessRules["tokens"][number];
export type IssuerRule = AccessRules["issuers"][number];
export type HmacKeyRule = AccessRules["hmacKeys"][number];

/**
 * Reads an access file.
 *
 * @throws {ContractError} naming the place; the text itself is not repeated
 */
export function parseAccessFile(text: string): AccessRules {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ContractError("the access file is not valid JSON");
  }
  const result = accessFileSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new ContractError(`the access file: ${path.join(".") || "it"}: ${message}`);
}
