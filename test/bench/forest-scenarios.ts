import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { numeric } from "../../runner/table/column.ts";
import { Table } from "../../runner/table/table.ts";
import { python, root, run } from "./measure.ts";

/** Training and test rows of one orange-juice scenario. */
export interface ForestScenario {
  readonly features: Table;
  readonly target: Float64Array;
  readonly testFeatures: Table;
  readonly testTarget: Float64Array;
}

const index = z.array(z.object({ numFeatures: z.number(), train: z.number(), test: z.number() }));

/** What `forest_scenarios.py` wrote: the files, for a peer to read, and the same numbers as tables. */
export interface ForestScenarios {
  readonly folder: string;
  readonly scenarios: readonly ForestScenario[];
  /** Deletes the files. */
  [Symbol.dispose](): void;
}

/** Makes the feature matrices in Python and reads them. */
export async function forestScenarios(count: number): Promise<ForestScenarios> {
  const folder = mkdtempSync(join(tmpdir(), "forest-scenarios-"));
  const sales = join(root, "samples/orange-juice/data/sales.parquet");
  await run([python, join(root, "test/bench/peers/forest_scenarios.py"), sales, folder, String(count)]);
  const bytes = readFileSync(join(folder, "scenarios.f64"));
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  const take = (length: number) => {
    at += length;
    return numbers.subarray(at - length, at);
  };
  const scenarios = index
    .parse(JSON.parse(readFileSync(join(folder, "scenarios.json"), "utf8")))
    .map(({ numFeatures, train, test }): ForestScenario => {
      const features = tableOf(take(train * numFeatures), train, numFeatures);
      const target = take(train);
      return {
        features,
        target,
        testFeatures: tableOf(take(test * numFeatures), test, numFeatures),
        testTarget: take(test),
      };
    });
  return { folder, scenarios, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A table with columns `x0`, `x1`... from numbers row by row. */
export function tableOf(rowMajor: Float64Array, numRows: number, numColumns: number): Table {
  return new Table(
    Array.from({ length: numColumns }, (_, column) => [
      `x${column}`,
      numeric(Float64Array.from({ length: numRows }, (_, row) => rowMajor[row * numColumns + column])),
    ]),
    numRows,
  );
}

export function rmse(predicted: Float64Array, actual: Float64Array): number {
  return Math.sqrt(predicted.reduce((sum, value, row) => sum + (value - actual[row]) ** 2, 0) / actual.length);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
