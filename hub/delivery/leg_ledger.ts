/** What one end of a leg has exchanged with one incarnation of the other: packets either way. */
export interface Book {
  readonly name: string;
  readonly sent: number;
  readonly received: number;
}

/** What an end says of itself when a connection opens. */
export interface Statement extends Book {
  /** Whom it had at the other end until now, by its own count. */
  readonly about?: Book;
}

/** What came out when two ends met. */
export interface Meeting {
  /** Packets that this end sent and the other never had. */
  readonly lost: number;
  /** Packets that the other sent and this end never had: the other counts them, if it can. */
  readonly missing: number;
  /** The other's book about a process that was here before, and is not any more. */
  readonly of?: Book;
}

/** The header in which ends of ours tell their statement, in the call and in its answer. */
export const LEDGER_HEADER = "headrace-ledger";

/**
 * Counts what passes a leg, so that packets that nobody acknowledges are accounted for all the same:
 * two numbers a process, compared when a connection opens. A leg is ordered and loses nothing while
 * its connection lasts, so that counting is numbering.
 *
 * Each end counts its whole life, and knows by how much that differs from the life of the other.
 * Whichever of both dies, the other tells its successor what they had exchanged, and that one goes
 * on from there as if it had lived itself: so what it counts as lost of its predecessor's is told to
 * its own successor, too, whose counters are all that is left then.
 */
export class LegLedger {
  /** Packets that went out, without those that are known to be lost. */
  sent = 0;
  /** Packets that came. */
  received = 0;
  #peer: Book | undefined;
  /** {@linkcode LegLedger.sent} when the peer at hand was met first. */
  #mark = 0;

  /**
   * @param name differs with each start of the process
   * @param former what one before it knows of the other end, where that outlives it
   */
  constructor(readonly name: string, private readonly former?: Book) {}

  /** What was exchanged with the one that is at the other end, in its own terms. */
  get book(): Book | undefined {
    const peer = this.#peer;
    if (peer === undefined) return undefined;
    const { name, sent, received } = peer;
    return { name, sent: this.sent + sent, received: this.received + received };
  }

  statement(): Statement {
    const { name, sent, received } = this;
    const about = this.book ?? this.former;
    return { name, sent, received, ...(about === undefined ? {} : { about }) };
  }

  /** A connection opens, and this is what the other end says. */
  meet(peer: Statement): Meeting {
    const { about } = peer;
    if (this.#peer === undefined) return this.#begin(peer);
    const again = this.#peer.name === peer.name;
    const heard = about?.name === this.name;
    // One that has not heard our answer has got nothing of what was sent for it.
    const lost = heard
      ? Math.max(0, this.sent - about.received)
      : again
      ? Math.max(0, this.sent - this.#mark)
      : 0;
    const missing = heard ? Math.max(0, about.sent - this.received) : 0;
    this.sent -= lost;
    if (!again) {
      // One that begins goes on in the terms of the one before it.
      const begins = about === undefined && peer.sent === 0 && peer.received === 0;
      this.#peer = begins ? { ...this.#peer, name: peer.name } : this.#relate(peer);
      this.#mark = this.sent;
    }
    return { lost, missing, ...(about === undefined || heard ? {} : { of: about }) };
  }

  /** The first time: what the other end knows of one before us is where we go on. */
  #begin(peer: Statement): Meeting {
    const { about } = peer;
    if (about !== undefined) {
      this.sent = about.received;
      this.received = about.sent;
    }
    this.#peer = this.#relate(peer);
    this.#mark = this.sent;
    return { lost: 0, missing: 0, ...(about === undefined ? {} : { of: about }) };
  }

  /** By how much the peer's life differs from ours. */
  #relate({ name, sent, received }: Statement): Book {
    return { name, sent: received - this.sent, received: sent - this.received };
  }

  /** What the other end could not count is accounted for here. */
  accept(missing: number): void {
    this.received += missing;
  }
}

/** `name;sent;received`, and the same of `about` where there is one. */
export function writeStatement({ about, ...own }: Statement): string {
  return [own, ...(about === undefined ? [] : [about])]
    .map(({ name, sent, received }) => `${name};${sent};${received}`).join(";");
}

/** Undefined for what is no statement: then nothing is known of the other end. */
export function readStatement(text: string | undefined): Statement | undefined {
  const [own, about] = [0, 3].map((at) => text?.split(";").slice(at, at + 3)).map(readBook);
  if (own === undefined) return undefined;
  return about === undefined ? own : { ...own, about };
}

function readBook(parts: string[] | undefined): Book | undefined {
  const [name, ...numbers] = parts ?? [];
  const [sent = NaN, received = NaN] = numbers.map(Number);
  if (!name || !Number.isSafeInteger(sent) || !Number.isSafeInteger(received)) return undefined;
  return sent < 0 || received < 0 ? undefined : { name, sent, received };
}
