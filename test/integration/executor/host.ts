import { batchOf, inOrder, TestExecutors } from "./executors.ts";

// A host that prints the processes of its executors while all their scenarios loop; the test kills it.
const [path] = process.argv.slice(2);
const executors = new TestExecutors({ path, hash: "" }, { jobs: 2, timeoutSeconds: 60 });
for await (const event of (await executors.pool()).run("train", inOrder(batchOf("loops 1"), batchOf("loops 2")))) {
  if (event.type !== "started") continue;
  while (executors.pids.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(JSON.stringify(executors.pids));
}
