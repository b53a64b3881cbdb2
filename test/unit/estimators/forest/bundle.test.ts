import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const forest = join(import.meta.dirname, "../../../../runner/estimators/forest/index.ts");
const tables = join(import.meta.dirname, "../../../../runner/table");

const program = `
import { RandomForestRegressor } from ${JSON.stringify(forest)};
import { numeric } from ${JSON.stringify(`${tables}/column.ts`)};
import { Table } from ${JSON.stringify(`${tables}/table.ts`)};
const n = 20_000;
const column = (step) => Float64Array.from({ length: n }, (_, row) => (row * step) % 997);
const rows = new Table({ a: numeric(column(31)), b: numeric(column(17)) });
const target = column(31).map((value, row) => value + row % 5);
const fit = (numThreads) => new RandomForestRegressor({ nEstimators: 8 }).fit(rows, target, { numThreads }).predict(rows);
const [one, two] = [fit(1), fit(2)];
console.log(one.every((value, row) => value === two[row]) ? "same" : "different");
`;

describe("a bundle", () => {
  it("of one file fits on two threads, gives the same as on one, and ends by itself", async () => {
    const folder = mkdtempSync(join(tmpdir(), "forest-bundle-"));
    try {
      const entry = join(folder, "entry.ts");
      writeFileSync(entry, program);
      const first = join(folder, "first.mjs");
      const second = join(folder, "second.mjs");
      const options = { bundle: true, platform: "node", format: "esm", target: "node20" } as const;
      await build({ ...options, entryPoints: [entry], outfile: first });
      await build({ ...options, entryPoints: [first], outfile: second, minify: true });
      rmSync(first);
      const output = execFileSync(process.execPath, ["--enable-source-maps", second], { encoding: "utf8" });
      expect(output.trim()).toBe("same");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
