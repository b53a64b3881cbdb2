import { Worker } from "node:worker_threads";

/** Runs in a thread of its own. On POSIX an orphan gets a new parent; on Windows the old number no longer answers. */
const watch = `
  const { workerData: parent } = require("node:worker_threads");
  const isGone = () => {
    if (process.ppid !== parent) return true;
    try { process.kill(parent, 0); return false; } catch (error) { return error.code === "ESRCH"; }
  };
  setInterval(() => {
    if (!isGone()) return;
    // With what the user's code has started, where this process leads its group.
    try { process.kill(-process.pid, "SIGKILL"); } catch {}
    process.kill(process.pid, "SIGKILL");
  }, 1000);`;

/**
 * Ends this process when its parent is gone. The end of standard input says so too, but only to an executor that is
 * idle: one that hangs in a scenario's endless loop would outlive a killed host. So a thread of its own looks.
 */
export function exitWithParent(): void {
  new Worker(watch, {
    eval: true,
    workerData: process.ppid,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  }).unref();
}
