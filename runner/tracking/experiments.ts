import { join } from "node:path";
import { folderNames } from "./folder-names.ts";
import { readMeta } from "./meta-file.ts";
import { ExperimentMeta } from "./run-folder.ts";

/** Tells MLflow's pages to show an experiment's runs as trained models; without it they take it for chats and prompts. */
export const EXPERIMENT_KIND = { key: "mlflow.experimentKind", value: "custom_model_development" } as const;

/** An experiment of a tracking folder. */
export interface LocalExperiment {
  readonly experimentId: string;
  readonly name: string;
  readonly folder: string;
}

/** The experiments in `root`; anything else in there is passed over. */
export async function readExperiments(root: string): Promise<LocalExperiment[]> {
  const experiments: LocalExperiment[] = [];
  for (const experimentId of await folderNames(root)) {
    if (!/^[a-zA-Z0-9][\w-]{0,63}$/.test(experimentId) || experimentId === "models") continue;
    const folder = join(root, experimentId);
    const meta = ExperimentMeta.safeParse(await readMeta(join(folder, "meta.yaml")).catch(() => undefined));
    if (meta.success) experiments.push({ experimentId, name: meta.data.name, folder });
  }
  return experiments;
}
