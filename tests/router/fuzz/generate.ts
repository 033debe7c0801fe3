import { Random } from "../random.ts";
import { BREAKERS } from "./breakers.ts";
import { MUTATORS } from "./mutators.ts";
import { encodeRequest, type FuzzRequest, type WireRequest } from "./request.ts";
import { SEED_REQUESTS, TOKEN } from "./seed_requests.ts";

/** Node refuses larger heads by itself, with 431: the router's default is 16 KiB. */
const MAX_HEAD_BYTES = 15_000;
const BROKEN_SHARE = 0.15;

const mutators = Object.values(MUTATORS);
const breakers = Object.values(BREAKERS);

/**
 * Request number `index` of the run with this seed: a seed request after one to four mutations,
 * some of them broken as HTTP too. The same numbers always give the same request.
 *
 * @param authorized whether most requests carry the known token
 */
export function generate(seed: number, index: number, authorized: boolean): WireRequest {
  const random = new Random(seed, index);
  let request = random.pick(SEED_REQUESTS);
  if (authorized && random.chance(0.7)) {
    request = { ...request, headers: [...request.headers, ["Authorization", `Bearer ${TOKEN}`]] };
  }
  for (let i = 1 + random.below(4); i > 0; i--) request = random.pick(mutators)(request, random);
  const last = endsConnection(request);
  const bytes = encodeRequest(request, last);
  const { method } = request;
  if (random.chance(BROKEN_SHARE)) {
    const broken = random.pick(breakers)(bytes, random);
    return { bytes: broken, method, wellFormed: false, first: true, last: true };
  }
  const headLength = bytes.length - (request.body?.length ?? 0);
  const wellFormed = headLength <= MAX_HEAD_BYTES;
  // Node's 100 Continue comes out in the middle of the answer when it had to wait its turn.
  const first = !wellFormed || request.headers.some(([name]) => name === "Expect");
  return { bytes, method, wellFormed, first, last };
}

/** A stream takes its connection for good, and these headers ask for an end of it or may lead to one. */
function endsConnection({ version, target, headers }: FuzzRequest): boolean {
  return version === "1.0" || /stream/i.test(target) ||
    headers.some(([name]) => /^(expect|upgrade)$/i.test(name));
}
