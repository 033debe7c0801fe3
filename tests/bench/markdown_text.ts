/**
 * Markdown in the form that `deno fmt` gives it, so that a generated file passes the check of the
 * repository.
 */

/** Columns whose cells are numbers end flush right. */
export type Align = "left" | "right";

/** A column's title and where its cells stand. */
export type Column = readonly [title: string, align: Align];

const LINE_WIDTH = 100;

/** A table whose columns are as wide as their widest cell. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(([title], column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) => {
    const padded = columns.map(([, align], column) => {
      const [cell, width] = [cells[column] ?? "", widths[column] ?? 0];
      return align === "right" ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(" | ")} |\n`;
  };
  const rule = columns.map(([, align], column) => {
    const dashes = "-".repeat(widths[column] ?? 0);
    return align === "right" ? dashes.slice(1) + ":" : dashes;
  });
  return line(columns.map(([title]) => title)) + line(rule) + rows.map(line).join("");
}

/** A paragraph, or a list's item when it begins with a dash. */
export function paragraph(text: string): string {
  const indent = text.startsWith("- ") ? "  " : "";
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= LINE_WIDTH) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n") + "\n";
}

/** A number without a fraction, in groups of three digits. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Milliseconds with three significant digits: a tenth of a millisecond matters at 1 ms and not at 1 s. */
export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value);
}
