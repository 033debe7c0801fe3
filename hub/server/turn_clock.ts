/**
 * A clock that is read once a turn of the event loop: hundreds of packets may pass in one, and asking
 * the system for each of them costs a tenth of what they cost together.
 *
 * @param read the clock itself
 * @param afterTurn calls back when everything of this turn was handled
 */
export function turnClock(
  read: () => number,
  afterTurn: (callback: () => void) => void,
): () => number {
  let now: number | undefined;
  const forget = () => now = undefined;
  return () => {
    if (now === undefined) {
      now = read();
      afterTurn(forget);
    }
    return now;
  };
}
