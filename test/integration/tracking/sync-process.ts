import { FileStore } from "../../../runner/tracking/file-store.ts";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { sync } from "../../../runner/tracking/sync.ts";

/** Sends the folder of the first argument to the server of the second; prints how many runs are sent. */
const [root, uri] = process.argv.slice(2);
await using store = await FileStore.open(root);
using client = await MlflowClient.connect({ kind: "server", uri }, {});
await sync({ from: store, to: client, onProgress: ({ sent }) => process.stdout.write(`${sent}\n`) });
