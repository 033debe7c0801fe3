/** What was not sent in time for so long, in milliseconds, is left out rather than caught up with. */
const MAX_BACKLOG_MS = 250;

/** Says how many packets are due at a rate. */
export class Pacer {
  #from: number;
  #sent = 0;

  /**
   * @param rate packets a second, above 0
   * @param now milliseconds
   */
  constructor(readonly rate: number, now: number) {
    this.#from = now;
  }

  due(now: number): number {
    const behind = (now - this.#from) * this.rate / 1_000 - this.#sent;
    // One more than that: a slow rate is always a part of a packet behind.
    const most = 1 + MAX_BACKLOG_MS * this.rate / 1_000;
    if (behind > most) {
      // Whoever was held back does not make up for it with a burst.
      this.#from = now - most * 1_000 / this.rate;
      this.#sent = 0;
      return Math.floor(most);
    }
    return Math.max(0, Math.floor(behind));
  }

  sent(packets: number): void {
    this.#sent += packets;
  }
}
