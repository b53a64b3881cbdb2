/** Columns of text, numbers to the right. @param rows as many cells each as there are headings. */
export function textTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumeric = headings.map((_, column) =>
    rows.every((row) => row[column] === "" || row[column] === "-" || /^[-+]?[\d.,]+(e[-+]?\d+)?%?$/i.test(row[column])),
  );
  const widths = headings.map((heading, column) =>
    rows.reduce((width, row) => Math.max(width, row[column].length), heading.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, column) => (isNumeric[column] ? text.padStart(widths[column]) : text.padEnd(widths[column])))
      .join("  ")
      .trimEnd();
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** A number with about four figures. */
export function shortNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "-";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1000 || size < 1e-3 ? value.toPrecision(4) : value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
}
