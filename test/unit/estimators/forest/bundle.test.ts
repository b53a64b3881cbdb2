import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const forest = join(import.meta.dirname, "../../../../runner/estimators/forest/index.ts");
const tables = join(import.meta.dirname, "../../../../runner/table");

/** Fits on one thread and on two, and says whether that makes a difference, and whether the fit is any good. */
const program = `
import { RandomForestRegressor } from ${JSON.stringify(forest)};
import { numeric } from ${JSON.stringify(`${tables}/column.ts`)};
import { Table } from ${JSON.stringify(`${tables}/table.ts`)};
const n = Number(process.argv[2]);
const column = (step) => Float64Array.from({ length: n }, (_, row) => (row * step) % 997);
const rows = new Table({ a: numeric(column(31)), b: numeric(column(17)) });
const target = column(31).map((value, row) => value + row % 5);
const fit = (numThreads) => new RandomForestRegressor({ nEstimators: 8 }).fit(rows, target, { numThreads }).predict(rows);
const [one, two] = [fit(1), fit(2)];
const isSame = one.every((value, row) => value === two[row]);
const isGood = one.every((value, row) => Math.abs(value - target[row]) < 100);
console.log(isSame && isGood ? "good" : "bad");
`;

describe("a bundle of one file, bundled again", () => {
  const folder = mkdtempSync(join(tmpdir(), "forest-bundle-"));
  const bundle = join(folder, "second.mjs");

  beforeAll(async () => {
    const entry = join(folder, "entry.ts");
    writeFileSync(entry, program);
    const first = join(folder, "first.mjs");
    const options = { bundle: true, platform: "node", format: "esm", target: "node20" } as const;
    await build({ ...options, entryPoints: [entry], outfile: first });
    await build({ ...options, entryPoints: [first], outfile: bundle, minify: true });
    rmSync(first);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]) => execFileSync(process.execPath, args, { encoding: "utf8" }).trim();

  it("fits on two threads, gives the same as on one, and ends by itself", () => {
    expect(run("--enable-source-maps", bundle, "20000")).toBe("good");
  });

  it("fits where there is no WebAssembly", () => {
    expect(run("--jitless", bundle, "300")).toBe("good");
  });
});
