import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { failureOfDeath, resolveLimits } from "../../../runner/executor/limits.ts";

describe("limits", () => {
  it("share three quarters of the machine between the executors, ten minutes for each scenario", () => {
    const { timeoutMs, memoryMiB } = resolveLimits({}, 4);
    expect(timeoutMs).toBe(600_000);
    expect(memoryMiB).toBe(Math.floor((totalmem() / 2 ** 20) * (0.75 / 4)));
  });

  it("are those of the project where it has any", () => {
    expect(resolveLimits({ timeoutSeconds: 1.5, memoryMiB: 512.9 }, 4)).toEqual({ timeoutMs: 1500, memoryMiB: 512 });
  });

  it("stay below what a timer can count, which would fire at once", () => {
    expect(resolveLimits({ timeoutSeconds: 1e9 }, 1).timeoutMs).toBe(2 ** 31 - 1);
  });
});

describe("the failure of a process that ended", () => {
  const exit = { code: null, signal: null, lastPrints: [], wroteForeignOutput: false };
  const limits = { timeoutMs: 2000, memoryMiB: 300 };
  const nameAndMessage = (...args: Parameters<typeof failureOfDeath>) => {
    const { name, message } = failureOfDeath(...args);
    return `${name}: ${message}`;
  };

  it("says which limit it met and which setting raises it", () => {
    expect(nameAndMessage({ ...exit, signal: "SIGKILL" }, "time", limits)).toMatch(
      /^TimeLimitError: .*2 s.*timeoutSeconds/,
    );
    expect(nameAndMessage({ ...exit, signal: "SIGKILL" }, "memory", limits)).toMatch(
      /^MemoryLimitError: .*300 MiB.*memoryMiB/,
    );
    const lastPrints = ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"];
    expect(nameAndMessage({ ...exit, signal: "SIGABRT", lastPrints }, null, limits)).toMatch(/^MemoryLimitError/);
  });

  it("says how it ended, and its last words", () => {
    expect(nameAndMessage({ ...exit, code: 3, lastPrints: ["a", "no licence"] }, null, limits)).toBe(
      "ProcessExitError: its process was ended with code 3; last it printed: no licence",
    );
    expect(nameAndMessage({ ...exit, signal: "SIGSEGV" }, null, limits)).toBe(
      "ProcessExitError: its process was ended by SIGSEGV",
    );
  });

  it("explains output that is no frame", () => {
    expect(nameAndMessage({ ...exit, signal: "SIGKILL", wroteForeignOutput: true }, null, limits)).toMatch(
      /^ForeignOutputError: .*standard output/,
    );
  });
});
