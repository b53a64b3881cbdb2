import { Worker } from "node:worker_threads";

/**
 * Ends this process when its parent is gone. The end of standard input says so too, but only to an executor that is
 * idle: one that hangs in a scenario's endless loop would outlive a killed host. So a thread of its own looks.
 */
export function exitWithParent(): void {
  const watch = `
    const parent = process.ppid;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);`;
  new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } }).unref();
}
