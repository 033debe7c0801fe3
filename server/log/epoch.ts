const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * Names one incarnation of a log: 65 random bits in base32 (RFC 4648 §6, lower case), so that no two
 * incarnations are ever taken for one another.
 *
 * @param random fills an array with random bytes
 */
export function newEpoch(random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(13);
  random(bytes);
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join("");
}
