import { beforeAll, describe, expect, it } from "vitest";
import type { Batch } from "../../../runner/executor/batch.ts";
import type { Bundle } from "../../../runner/project/bundle.ts";
import { seededRandom } from "../../../runner/tuning/random.ts";
import { batchOf, bundleFixture, inOrder, leftAfter, lineOf, outcomeOf, TestExecutors } from "./executors.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleFixture("misbehaving");
});

/** Runs the behaviour between good scenarios, which must not notice; gives its result. */
async function runAmongOthers(behaviour: string, limits: ConstructorParameters<typeof TestExecutors>[1] = {}) {
  const executors = new TestExecutors(bundle, limits);
  const results = await executors.results(batchOf("a good one", behaviour, "zealous"), batchOf("another one"));
  const outcomes = Object.fromEntries([...results].map(([name, result]) => [name, outcomeOf(result)]));
  expect(outcomes).toMatchObject({ "a good one": "succeeded", zealous: "succeeded", "another one": "succeeded" });
  expect(results.size).toBe(4);
  expect(await leftAfter(executors.pids, 5000)).toEqual([]);
  const result = results.get(behaviour);
  if (result === undefined) throw new Error("unreachable: there are four results");
  return { result, outcome: outcomes[behaviour], executors };
}

describe("a scenario that throws", () => {
  it("fails with the error, the stage and the place in the user's TypeScript", async () => {
    const { result, executors } = await runAmongOthers("throws");
    expect(result).toMatchObject({
      status: "failed",
      failure: {
        name: "RangeError",
        message: "too hot",
        stage: "prepareData",
        location: {
          file: expect.stringMatching(/misbehaving[\\/]pipeline\.ts$/),
          line: lineOf("misbehaving/pipeline.ts", "throws here"),
        },
      },
      stages: [{ name: "prepareData" }],
    });
    expect(executors.pids).toHaveLength(1);
  });

  it.each([
    ["throws text", /no error at all/],
    ["throws undefined", /undefined/],
    ["throws what has no text", /not an Error/],
    ["throws an error with odd fields", /much/],
  ])("fails also when it %s", async (behaviour, message) => {
    const { outcome, executors } = await runAmongOthers(behaviour);
    expect(outcome).toMatch(message);
    expect(executors.pids).toHaveLength(1);
  });
});

describe("a scenario whose stages return what they must not", () => {
  it.each([
    ["forgets to return", "selectFeatures", /selectFeatures returned nothing/],
    ["has odd metrics", "logRun", /metric "margin".*not a number/],
    ["has odd params", "logRun", /param "rows"/],
    ["has odd files", "logRun", /artifact "a\.txt"/],
  ])("fails alone and says what is wrong when it %s", async (behaviour, stage, message) => {
    const { result, outcome, executors } = await runAmongOthers(behaviour);
    expect(outcome).toMatch(message);
    expect(result).toMatchObject({ failure: { stage } });
    expect(executors.pids).toHaveLength(1);
  });

  it("fails alone when its model can't be saved, at the place that says so", async () => {
    const { result, executors } = await runAmongOthers("has a model that can't be saved");
    expect(result).toMatchObject({
      failure: {
        message: "this can't be saved",
        location: { line: lineOf("misbehaving/pipeline.ts", "can't be saved here") },
      },
    });
    expect(executors.pids).toHaveLength(1);
  });
});

describe("a scenario that takes its process with it", () => {
  it("is stopped when it loops without end", async () => {
    const { outcome } = await runAmongOthers("loops", { timeoutSeconds: 1 });
    expect(outcome).toBe("TimeLimitError: not finished after 1 s; raise `limits.timeoutSeconds` if it needs longer");
  });

  it("is stopped when it never answers", async () => {
    const { outcome } = await runAmongOthers("never answers", { timeoutSeconds: 1 });
    expect(outcome).toMatch(/^TimeLimitError/);
  });

  it("is stopped when it fills the heap", async () => {
    const { outcome } = await runAmongOthers("fills the heap", { memoryMiB: 250 });
    expect(outcome).toBe(
      "MemoryLimitError: more than 250 MiB of memory; raise `limits.memoryMiB` if it needs that much",
    );
  });

  it("is stopped when it fills memory outside of the heap, which V8 does not count", async () => {
    const { outcome } = await runAmongOthers("fills memory outside of the heap", { memoryMiB: 250 });
    expect(outcome).toMatch(/^MemoryLimitError: more than 250 MiB/);
  });

  it("fails with the exit code when it ends the process", async () => {
    const { outcome } = await runAmongOthers("exits");
    expect(outcome).toMatch(/^ProcessExitError: its process was ended with code 3/);
  });

  it("fails with the signal when it is killed", async () => {
    const { outcome } = await runAmongOthers("kills itself");
    expect(outcome).toMatch(/^ProcessExitError: its process was ended by SIGKILL/);
  });

  it("is stopped with the processes that it has started", async () => {
    const { outcome, executors } = await runAmongOthers("waits for a child process", { timeoutSeconds: 1 });
    expect(outcome).toMatch(/^TimeLimitError/);
    // Two executors and the child process, all gone.
    expect(executors.pids).toHaveLength(3);
  });

  it("fails, and soon, when it writes to where frames are written", async () => {
    const { outcome } = await runAmongOthers("writes past the console");
    expect(outcome).toMatch(/standard output/);
  });
});

describe("a scenario that leaves something behind", () => {
  it.each(["leaves a rejection behind", "leaves two rejections behind"])(
    "fails itself when it %s",
    async (behaviour) => {
      const { outcome, result } = await runAmongOthers(behaviour);
      expect(outcome).toBe("Error: nobody listens");
      if (behaviour === "leaves a rejection behind") {
        expect(result).toMatchObject({
          failure: { location: { line: lineOf("misbehaving/pipeline.ts", "rejects here") } },
        });
      }
    },
  );

  it("does not fail others by an error of its timer, even when these are at work by then", async () => {
    const executors = new TestExecutors(bundle);
    const results = await executors.results(
      batchOf("leaves a timer behind", "waits 1", "waits 2"),
      batchOf("waits 3", "waits 4"),
    );
    expect([...results].map(([name, result]) => [name, outcomeOf(result)])).toEqual(
      ["leaves a timer behind", "waits 1", "waits 2", "waits 3", "waits 4"].map((name) => [name, "succeeded"]),
    );
    expect(executors.prints.join("\n")).toMatch(/too late/);
  });

  it("does not fail the first scenario of a later batch either", async () => {
    const executors = new TestExecutors(bundle);
    const batches = async function* () {
      yield batchOf("leaves a timer behind");
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield batchOf("good 1", "good 2");
    };
    const outcomes: string[] = [];
    for await (const event of (await executors.pool()).run("train", batches())) {
      if (event.type === "result") outcomes.push(outcomeOf(event.result));
    }
    expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

describe("what scenarios print", () => {
  it("reaches the host line by line and never the frames, megabytes of it", async () => {
    const { outcome, executors } = await runAmongOthers("prints");
    expect(outcome).toBe("succeeded");
    expect(executors.prints.filter((line) => line === "x".repeat(100_000))).toHaveLength(20);
    expect(executors.prints.filter((line) => line === "y".repeat(100_000))).toHaveLength(20);
    expect(executors.prints).toContain("printed all");
  });
});

describe("the pool", () => {
  it("reports each scenario's start, stages and result in this order", async () => {
    const events = await new TestExecutors(bundle).train(batchOf("good 1", "good 2"));
    const seen = events.map((event) =>
      event.type === "stage" ? `${event.stage} ${event.ms === null ? "starts" : "ends"}` : event.type,
    );
    const stages = ["prepareData", "selectFeatures", "tuneHyperparams", "computeMetrics", "logRun"];
    const scenario = ["started", ...stages.flatMap((stage) => [`${stage} starts`, `${stage} ends`]), "result"];
    expect(seen).toEqual([...scenario, ...scenario]);
    const sizes = events.flatMap((event) => (event.type === "stage" && event.ms !== null ? [event.size] : []));
    expect(sizes.slice(0, 5)).toEqual([
      ...Array.from({ length: 4 }, () => expect.objectContaining({ rows: expect.any(Number) })),
      null,
    ]);
  });

  it("gives the same results whatever the number of executors", async () => {
    const batches = [batchOf("a", "b", "c"), batchOf("d"), batchOf("e", "f")];
    const summarise = async (jobs: number) => {
      const results = await new TestExecutors(bundle, { jobs }).results(...batches);
      return [...results]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, result]) => [name, result.status === "succeeded" ? [result.metrics, result.digest] : null]);
    };
    expect(await summarise(3)).toEqual(await summarise(1));
  });

  it("gives each scenario exactly one result, its own, whatever crashes", async () => {
    const random = seededRandom(20);
    const kinds = ["good", "throws", "exits", "kills itself", "leaves two rejections behind", "waits"];
    for (let round = 0; round < 2; round++) {
      const batches: Batch[] = [];
      const all: string[] = [];
      for (let i = 0; i < 3; i++) {
        const names = Array.from(
          { length: 1 + Math.floor(random() * 5) },
          (_, j) => `${kinds[Math.floor(random() * kinds.length)]} ${round}${i}${j}`,
        );
        batches.push(batchOf(...names));
        all.push(...names);
      }
      const executors = new TestExecutors(bundle, { jobs: 2 });
      const results = await executors.results(...batches);
      expect([...results.keys()].sort()).toEqual([...all].sort());
      for (const [name, result] of results) {
        const expected = /^(good|waits)/.test(name) ? "succeeded" : "failed";
        expect({ name, status: result.status }).toEqual({ name, status: expected });
      }
      expect(await leftAfter(executors.pids, 5000)).toEqual([]);
    }
  });

  it("has nothing to say about no batches, and ends its first executor", async () => {
    const executors = new TestExecutors(bundle);
    expect(await executors.train()).toEqual([]);
  });

  it("fails when the batches can't be read, after the results so far, and leaves no process", async () => {
    const executors = new TestExecutors(bundle);
    async function* broken() {
      yield batchOf("good 1");
      throw new Error("the file is gone");
    }
    const outcomes: string[] = [];
    const running = (async () => {
      for await (const event of (await executors.pool()).run("train", broken())) {
        if (event.type === "result") outcomes.push(outcomeOf(event.result));
      }
    })();
    await expect(running).rejects.toThrow("the file is gone");
    expect(outcomes).toEqual(["succeeded"]);
    expect(await leftAfter(executors.pids, 5000)).toEqual([]);
  });

  it("ends everything when its consumer stops early: executors, and the source of the batches", async () => {
    const executors = new TestExecutors(bundle, { jobs: 2 });
    let open = 0;
    const batches = {
      // Like an engine's pages: a new iteration for each call.
      async *[Symbol.asyncIterator]() {
        open++;
        try {
          for (let i = 0; ; i++) yield batchOf(`good ${i}`, `loops ${i}`);
        } finally {
          open--;
        }
      },
    };
    for await (const event of (await executors.pool()).run("train", batches)) {
      if (event.type === "started" && String(event.scenario.key.behaviour).startsWith("loops")) break;
    }
    expect(open).toBe(0);
    expect(await leftAfter(executors.pids, 5000)).toEqual([]);
  });

  it("ends everything when it is disposed while scenarios loop", async () => {
    const executors = new TestExecutors(bundle, { jobs: 2 });
    const pool = await executors.pool();
    const results: string[] = [];
    for await (const event of pool.run("train", inOrder(batchOf("loops 1"), batchOf("loops 2")))) {
      if (event.type === "started") pool[Symbol.dispose]();
      if (event.type === "result") results.push(outcomeOf(event.result));
    }
    expect(await leftAfter(executors.pids, 5000)).toEqual([]);
    expect(results).toEqual([]);
  });

  it("does not count the time that its consumer takes against a scenario", async () => {
    const executors = new TestExecutors(bundle, { timeoutSeconds: 1 });
    const names = Array.from({ length: 12 }, (_, i) => `good ${10 + i}`);
    const outcomes: string[] = [];
    let held = false;
    for await (const event of (await executors.pool()).run("train", inOrder(batchOf(...names)))) {
      if (!held) await new Promise((resolve) => setTimeout(resolve, 1500));
      held = true;
      if (event.type === "result") outcomes.push(outcomeOf(event.result));
    }
    expect(outcomes).toEqual(names.map(() => "succeeded"));
    expect(executors.pids).toHaveLength(1);
  });
});
