import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { bundleFixture, leftAfter } from "./executors.ts";

it("executors end when their host is killed, even those in an endless loop", async () => {
  const { path } = await bundleFixture("misbehaving");
  const host = spawn(process.execPath, [join(import.meta.dirname, "host.ts"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: host.stdout }), "line");
  const pids: unknown = JSON.parse(line);
  if (!Array.isArray(pids)) throw new TypeError(`not a list of processes: ${line}`);
  expect(pids).toHaveLength(2);
  expect(await leftAfter(pids, 0)).toEqual(pids);
  host.kill("SIGKILL");
  expect(await leftAfter(pids, 4000)).toEqual([]);
});
