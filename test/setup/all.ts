import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm test`: everything from a fresh clone to the last test. Ends with one line `N passed, N failed`;
 * a step that fails before the tests can start counts as one failure.
 */
const root = join(import.meta.dirname, "..", "..");
const resultFile = join(root, "test/artifacts/tests.json");

/** The part of Vitest's JSON report that the total needs. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
}

function succeeds(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status === 0;
}

function parseReport(text: string): VitestReport {
  const { numPassedTests, numFailedTests, success } = JSON.parse(text);
  if (typeof numPassedTests !== "number" || typeof numFailedTests !== "number" || typeof success !== "boolean") {
    throw new TypeError(`${resultFile} is not a report of Vitest`);
  }
  return { numPassedTests, numFailedTests, success };
}

function finish(passed: number, failed: number): never {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

/** Runs all test projects; a file that can't be loaded, or a crash of Vitest, is a failure too. */
function runTests(): never {
  rmSync(resultFile, { force: true });
  mkdirSync(join(root, "test/artifacts"), { recursive: true });
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile}`];
  const isGood = succeeds(["node_modules/vitest/vitest.mjs", "run", ...options]);
  let report: VitestReport;
  try {
    report = parseReport(readFileSync(resultFile, "utf8"));
  } catch (error) {
    console.error(error);
    finish(0, 1);
  }
  const isWhole = isGood && report.success;
  finish(report.numPassedTests, isWhole ? report.numFailedTests : Math.max(report.numFailedTests, 1));
}

const steps: Record<string, readonly string[]> = {
  "Python set-up": ["test/setup/python.ts"],
  build: ["--run", "build"],
  lint: ["--run", "lint"],
};
for (const [name, args] of Object.entries(steps)) {
  if (!succeeds(args)) {
    console.error(`The tests can't start: ${name} failed`);
    finish(0, 1);
  }
}
runTests();
