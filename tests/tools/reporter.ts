/** Tells the user what goes on: one lasting line a tool, and in between signs of life. */
export interface Reporter {
  /** A lasting line. */
  line(text: string): void;
  /** What is being done just now; the next call or line replaces it. */
  status(text: string): void;
}

/** What a reporter writes to, and what it may know about it. */
export interface ReporterOptions {
  readonly write: (text: string) => void;
  /** Whether a person watches: then the status is one line that changes in place. */
  readonly terminal: boolean;
  /** Width of the terminal in columns, asked at every status. */
  readonly columns: () => number;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** A log that nobody watches gets a status line only this often, in milliseconds. */
const LOG_INTERVAL = 10_000;

/** Erases the terminal's current line (ECMA-48 EL) and returns to its start. */
const ERASE = "\r\x1b[2K";

/** Makes the reporter for a terminal or for a log. */
export function createReporter(options: ReporterOptions): Reporter {
  const { write, terminal, columns, now } = options;
  if (terminal) {
    return {
      line: (text) => write(`${ERASE}${text}\n`),
      // A status that wraps would leave its first half behind when it is erased.
      status: (text) => write(ERASE + text.slice(0, Math.max(columns() - 1, 0))),
    };
  }
  let next = now() + LOG_INTERVAL;
  return {
    line: (text) => {
      next = now() + LOG_INTERVAL;
      write(`${text}\n`);
    },
    status: (text) => {
      if (now() < next) return;
      next = now() + LOG_INTERVAL;
      write(`${text}\n`);
    },
  };
}
