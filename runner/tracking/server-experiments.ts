import { dirname } from "node:path/posix";
import { TrackingError } from "./errors.ts";
import { EXPERIMENT_KIND } from "./experiments.ts";
import type { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import type { CallOptions } from "./rest.ts";

/** An experiment of the server; `key` also tells it from one of the same id in another database. */
export interface ServerExperiment {
  readonly key: string;
  readonly experimentId: string;
}

/** Rounds of looking for an experiment and making it: one for us, and one for each process that comes in between. */
const MAX_ROUNDS = 3;

/**
 * The server's experiment for the local name `name`, made if it isn't there.
 * @throws TrackingError if it was deleted there
 */
export async function createOrGetExperiment(
  to: MlflowClient,
  name: string,
  options: CallOptions,
): Promise<ServerExperiment> {
  const serverName = await experimentNameOn(to, name, options);
  for (let round = 1; ; round++) {
    const experiment = await unlessMissing(to.getExperimentByName(serverName, options));
    if (experiment !== undefined) {
      if (experiment.lifecycle_stage === "active") {
        const { experiment_id, creation_time } = experiment;
        return { experimentId: experiment_id, key: `${experiment_id}@${creation_time ?? ""}` };
      }
      throw new TrackingError(
        "EXPERIMENT_DELETED",
        `The experiment "${serverName}" was deleted on ${to.uri}: restore it there, or choose another experiment name.`,
      );
    }
    try {
      await create(to, serverName, options);
    } catch (error) {
      // Another process was faster; or, on Databricks, something else has this name.
      const isTaken = error instanceof MlflowError && error.errorCode === "RESOURCE_ALREADY_EXISTS";
      if (!isTaken || round === MAX_ROUNDS) throw error;
    }
  }
}

/** The name on the server for the local one: the same, but on Databricks, where it is a path. */
export async function experimentNameOn(server: MlflowClient, name: string, options: CallOptions): Promise<string> {
  return server.workspace === undefined ? name : server.workspace.experimentPath(name, options);
}

async function create(to: MlflowClient, name: string, options: CallOptions): Promise<void> {
  const withKind = { ...options, tags: [EXPERIMENT_KIND] };
  try {
    await to.createExperiment(name, withKind);
  } catch (error) {
    // Databricks wants the folder to be there.
    const isFolderMissing = error instanceof MlflowError && error.errorCode === "RESOURCE_DOES_NOT_EXIST";
    if (!isFolderMissing || to.workspace === undefined) throw error;
    await to.workspace.makeFolder(dirname(name), options);
    await to.createExperiment(name, withKind);
  }
}

/** The answer, or `undefined` if the server says that there is no such thing. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MlflowError && error.errorCode === "RESOURCE_DOES_NOT_EXIST") return undefined;
    throw error;
  }
}
