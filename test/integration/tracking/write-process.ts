import { openTracker } from "../../../runner/tracking/tracker.ts";
import { fullRecord, parentRecord } from "../../unit/tracking/run-records.ts";

/** Writes runs into the folder of the first argument until it is killed; prints how many are there. */
const tracker = await openTracker({ uri: process.argv[2], experiment: "killed", projectDir: "/", env: {} });
await tracker.startRun(parentRecord());
let index = 0;
const writeOn = async () => {
  for (;;) {
    await tracker.logRun(fullRecord(index++));
    process.stdout.write(`${index}\n`);
  }
};
await Promise.all([writeOn(), writeOn(), writeOn(), writeOn()]);
