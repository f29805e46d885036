/**
 * A table in Markdown, as `deno fmt` leaves it.
 *
 * @module
 */

/**
 * Makes a table. The first column is words, the others are numbers.
 *
 * @param heads Heads of the columns.
 * @param rows As many cells each.
 * @returns Lines.
 */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [line(heads), line(rule), ...rows.map(line)].join("\n");
}
