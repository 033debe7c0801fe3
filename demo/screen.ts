/** A few lines at the end of a terminal that change in place, and lines that stay above them. */
export interface Screen {
  /** Prints a line that stays. */
  say(text: string): void;
  /** Replaces the lines that change. */
  show(lines: readonly string[]): void;
  /** Leaves the last lines as they are. */
  end(): void;
}

/** Where lines cannot change in place, they are printed anew, and no more often than this. */
const PLAIN_INTERVAL_MS = 2_000;

/**
 * @param write takes text as it is
 * @param terminal whether control sequences are understood (ECMA-48)
 * @param now monotonic, in ms
 */
export function createScreen(
  write: (text: string) => void,
  terminal: boolean,
  now: () => number,
): Screen {
  let shown: readonly string[] = [];
  let last: { text: string; at: number } | undefined;
  // Up to the first line that changes, then clear from there to the end of the screen.
  const clear = () => shown.length > 0 ? `\x1b[${shown.length}A\x1b[J` : "";
  const text = (lines: readonly string[]) => lines.map((line) => line + "\n").join("");

  if (!terminal) {
    return {
      say: (line) => write(line + "\n"),
      show(lines) {
        const next = text(lines);
        if (next === last?.text || (last && now() - last.at < PLAIN_INTERVAL_MS)) return;
        last = { text: next, at: now() };
        write(next);
      },
      end() {},
    };
  }
  return {
    say(line) {
      write(clear() + line + "\n" + text(shown));
    },
    show(lines) {
      write(clear() + text(lines));
      shown = lines;
    },
    end() {
      shown = [];
    },
  };
}
