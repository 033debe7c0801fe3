import { createHash } from "node:crypto";

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): each run has an order of its own of all
 * members, and goes to the first that is there. A member that goes takes nobody else's runs along,
 * and its own spread over all that stay.
 *
 * @param run `namespace/name`
 * @returns undefined when there is no member
 */
export function rendezvous(run: string, members: readonly string[]): string | undefined {
  let best: string | undefined;
  let highest = "";
  for (const member of members) {
    const weight = createHash("sha256").update(`${member}\0${run}`).digest("hex");
    if (best !== undefined && weight <= highest) continue;
    best = member;
    highest = weight;
  }
  return best;
}

/**
 * The hub that a run is pinned to. It stays where it is for as long as that hub is ready: a move
 * interrupts its streams, and a hub more or less is no reason for that. With no hub ready it stays,
 * too, since there is nowhere to go.
 *
 * @param run `namespace/name`
 * @param current endpoints that its bindings have now, in the order of its steps
 * @param ready endpoints of the hubs that are ready
 * @returns "" when it is nowhere yet and there is no hub
 */
export function pinRun(run: string, current: readonly string[], ready: readonly string[]): string {
  const kept = current.find((endpoint) => ready.includes(endpoint));
  return kept ?? rendezvous(run, ready) ?? current[0] ?? "";
}
