import { retryDelayMs, wait } from "./backoff.ts";
import type { KeyValue, MetricPoint } from "./batches.ts";
import { BATCH_TAGS } from "./limits.ts";
import type { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import type { Run } from "./mlflow-schemas.ts";
import { type LocalRun, type LocalRunHead, localArtifacts, readRun } from "./read-runs.ts";
import type { RunInput } from "./run-record.ts";
import type { SentJournal } from "./sent-journal.ts";
import { experimentNameOn, type ServerExperiment, unlessMissing } from "./server-experiments.ts";

/** The tag by which a run of ours is found on a server: our own run id. */
export const RUN_ID_TAG = "scenario.runId";

const PARENT_TAG = "mlflow.parentRunId";

/** A run that is on the server, perhaps not with all its content. */
interface CreatedRun {
  readonly local: LocalRun;
  readonly server: Run;
  /** With the server's parent id. */
  readonly tags: readonly KeyValue[];
  /** Made just now with the first {@link BATCH_TAGS} tags: nothing else of it is there. */
  readonly isNew: boolean;
  /** An earlier call that made it may still be on its way, as its answer never came. */
  readonly mayBeDoubled: boolean;
}

/**
 * Sends the runs of one experiment. Each step can be repeated: the run is looked up before it is made, and what is
 * there already is left out, so after a crash or a lost answer anywhere the same call completes the run.
 */
export class RunSender {
  readonly #client: MlflowClient;
  readonly #journal: SentJournal;
  readonly #experiment: ServerExperiment;
  readonly #unsent: ReadonlyMap<string, LocalRunHead>;
  readonly #signal: AbortSignal | undefined;
  readonly #created = new Map<string, Promise<CreatedRun>>();
  /** The server's ids of the runs that are complete, by ours. */
  readonly #complete = new Map<string, string>();
  /** Datasets that the server has, or is getting. */
  readonly #datasets = new Map<string, Promise<void>>();

  /** `unsent` are the runs that will be sent, by id: a run is made on the server after its parent. */
  constructor(
    client: MlflowClient,
    journal: SentJournal,
    experiment: ServerExperiment,
    unsent: ReadonlyMap<string, LocalRunHead>,
    signal: AbortSignal | undefined,
  ) {
    this.#client = client;
    this.#journal = journal;
    this.#experiment = experiment;
    this.#unsent = unsent;
    this.#signal = signal;
  }

  /** Sends all of a run. @throws MlflowError transient after some tries, or the server's reason to refuse the run */
  async send(head: LocalRunHead): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const run = await this.#create(head, new Set());
        await this.#sendContent(run);
        if (run.mayBeDoubled) await this.#removeDoubles(head.runId, run.server.info.run_id);
        await this.#journal.sent(this.#experiment.key, head.runId, head.revision, run.server.info.run_id);
        this.#complete.set(head.runId, run.server.info.run_id);
        // The content would pile up otherwise.
        this.#created.delete(head.runId);
        return;
      } catch (error) {
        // Whatever was on its way may have arrived: the next attempt looks for it.
        this.#created.delete(head.runId);
        const { backoff } = this.#client;
        const mayRetry = error instanceof MlflowError && error.isTransient && attempt < backoff.maxRetries;
        if (!mayRetry) throw error;
        await wait(retryDelayMs(backoff, attempt, error.retryAfterMs), this.#signal);
      }
    }
  }

  /** The run on the server, found or made; the same promise for a run and for the children that wait for it. */
  #create(head: LocalRunHead, descendants: ReadonlySet<string>): Promise<CreatedRun> {
    let created = this.#created.get(head.runId);
    if (created === undefined) {
      created = this.#findOrCreate(head, descendants);
      this.#created.set(head.runId, created);
      created.catch(() => this.#created.delete(head.runId));
    }
    return created;
  }

  async #findOrCreate(head: LocalRunHead, descendants: ReadonlySet<string>): Promise<CreatedRun> {
    const { key, experimentId } = this.#experiment;
    const options = this.#options();
    const local = await readRun(head);
    const tags = serverTags(local, await this.#parentOnServer(local, descendants));
    const known = this.#journal.find(key, head.runId);
    const found = known === undefined ? undefined : await this.#find(local, known.serverRunId);
    const mayBeDoubled = known !== undefined && known.revision === undefined;
    if (found !== undefined && !(await this.#isSuperseded(found, head))) {
      return { local, server: found, tags, isNew: false, mayBeDoubled };
    }
    if (found !== undefined) await this.#client.deleteRun(found.info.run_id, options);
    await this.#journal.begun(key, head.runId);
    const server = await this.#client.createRun(
      {
        experimentId,
        runName: local.runName,
        startTimeMs: head.startTimeMs,
        tags: tags.slice(0, BATCH_TAGS),
        ...(local.tags["mlflow.user"] === undefined ? {} : { userId: local.tags["mlflow.user"] }),
      },
      options,
    );
    await this.#journal.begun(key, head.runId, server.info.run_id);
    return { local, server, tags, isNew: true, mayBeDoubled };
  }

  async #find(local: LocalRun, serverRunId: string | undefined): Promise<Run | undefined> {
    if (serverRunId !== undefined) {
      const run = await unlessMissing(this.#client.getRun(serverRunId, this.#options()));
      if (run?.info.lifecycle_stage === "active") return run;
    }
    return (await this.#first(tagFilter(RUN_ID_TAG, local.runId))) ?? this.#findUntagged(local);
  }

  /** A server on a folder that was killed while it made the run leaves it without tags, and always without content. */
  async #findUntagged(local: LocalRun): Promise<Run | undefined> {
    const isOurs = ({ info, data }: Run) =>
      info.run_name === local.runName &&
      info.status === "RUNNING" &&
      data.params.length + data.metrics.length === 0 &&
      data.tags.every(({ key }) => key !== RUN_ID_TAG);
    return this.#first(`attributes.start_time = ${local.startTimeMs}`, isOurs);
  }

  async #removeDoubles(runId: string, serverRunId: string): Promise<void> {
    for (;;) {
      const isOther = ({ info }: Run) => info.run_id !== serverRunId;
      const double = await this.#first(tagFilter(RUN_ID_TAG, runId), isOther);
      if (double === undefined) return;
      await this.#client.deleteRun(double.info.run_id, this.#options());
    }
  }

  /**
   * Whether the server's run is an earlier try of the same scenario, which the new one replaces. A parent stays, as
   * its children name it; a run that only went on has the same start time.
   */
  async #isSuperseded(server: Run, head: LocalRunHead): Promise<boolean> {
    if (server.info.start_time === head.startTimeMs) return false;
    return (await this.#first(tagFilter(PARENT_TAG, server.info.run_id))) === undefined;
  }

  async #first(filter: string, isWanted: (run: Run) => boolean = () => true): Promise<Run | undefined> {
    const experimentIds = [this.#experiment.experimentId];
    for await (const run of this.#client.searchRuns({ experimentIds, filter, pageSize: 10, ...this.#options() })) {
      if (isWanted(run)) return run;
    }
    return undefined;
  }

  async #parentOnServer(local: LocalRun, descendants: ReadonlySet<string>): Promise<string | undefined> {
    const parentId = local.tags[PARENT_TAG];
    if (parentId === undefined || parentId === local.runId || descendants.has(parentId)) return undefined;
    const complete = this.#complete.get(parentId);
    if (complete !== undefined) return complete;
    const parent = this.#unsent.get(parentId);
    if (parent === undefined) return this.#journal.find(this.#experiment.key, parentId)?.serverRunId;
    const created = await this.#create(parent, new Set([...descendants, local.runId]));
    return created.server.info.run_id;
  }

  /** Everything but the run itself; its status last, so that a run which looks ended is complete. */
  async #sendContent(run: CreatedRun): Promise<void> {
    const { local, server } = run;
    const options = this.#options();
    const runId = server.info.run_id;
    const uploads = (await localArtifacts(local)).map(({ path, file }) => ({ path, source: file }));
    const refusedFile = await this.#client.artifacts.uploadArtifacts(server.info, uploads, options);
    for (const input of local.inputs) await this.#sendInput(runId, input);
    await this.#client.logBatch(
      runId,
      {
        params: missingParams(local, server),
        tags: run.isNew ? run.tags.slice(BATCH_TAGS) : run.tags,
        metrics: run.isNew ? local.metrics.map(metricPoint) : await this.#missingMetrics(local, server),
      },
      options,
    );
    if (local.status !== "RUNNING" || server.info.status !== "RUNNING") {
      const endTime = local.endTimeMs === undefined ? {} : { endTimeMs: local.endTimeMs };
      await this.#client.updateRun(runId, { status: local.status, ...endTime }, options);
    }
    if (refusedFile !== undefined) throw refusedFile;
  }

  /**
   * A database makes a dataset that is new to the experiment twice if two runs name it at once, and refuses one of
   * them: so the first run with a dataset goes ahead, and what other processes do is met by a second try.
   */
  async #sendInput(runId: string, { sourceType, context, ...dataset }: RunInput): Promise<void> {
    const id = `${dataset.digest} ${dataset.name}`;
    const inputs = [
      { tags: [{ key: "mlflow.data.context", value: context }], dataset: { ...dataset, source_type: sourceType } },
    ];
    const send = () => this.#client.logInputs(runId, inputs, this.#options());
    const first = this.#datasets.get(id);
    if (first !== undefined) await first.catch(() => {});
    const sending = send().catch((error: unknown) => {
      if (error instanceof MlflowError && isRefused(error)) return send();
      throw error;
    });
    if (first === undefined) this.#datasets.set(id, sending);
    await sending;
  }

  /** A server on a folder keeps a point that is logged twice twice, so only those that it lacks are sent. */
  async #missingMetrics(local: LocalRun, server: Run): Promise<MetricPoint[]> {
    const there = new Set<string>();
    for (const { key } of server.data.metrics) {
      const history = await this.#client.getMetricHistory(server.info.run_id, key, this.#options());
      for (const point of history) there.add(pointId(point));
    }
    return local.metrics.map(metricPoint).filter((point) => !there.has(pointId(point)));
  }

  #options(): { readonly signal?: AbortSignal } {
    return this.#signal === undefined ? {} : { signal: this.#signal };
  }
}

/** The server's run that {@link RunSender} made for our run id; `undefined` if there is none. */
export async function findRun(
  client: MlflowClient,
  experimentName: string,
  runId: string,
  signal?: AbortSignal,
): Promise<Run | undefined> {
  const options = signal === undefined ? {} : { signal };
  const name = await experimentNameOn(client, experimentName, options);
  const experiment = await unlessMissing(client.getExperimentByName(name, options));
  if (experiment === undefined) return undefined;
  const search = { experimentIds: [experiment.experiment_id], filter: tagFilter(RUN_ID_TAG, runId) };
  for await (const run of client.searchRuns({ ...search, pageSize: 1, ...options })) return run;
  return undefined;
}

/** Whether the server has understood a request and won't do it, now or later. */
export function isRefused(error: MlflowError): boolean {
  return [400, 404, 409, 413, 422].includes(error.status ?? 0) && error.errorCode !== "NOT_MLFLOW";
}

function tagFilter(key: string, value: string): string {
  return `tags.\`${key}\` = '${value}'`;
}

/** The tags for the server: ours to find the run by first, and ids of the folder replaced by the server's. */
function serverTags(local: LocalRun, parentOnServer: string | undefined): KeyValue[] {
  const tags: KeyValue[] = [{ key: RUN_ID_TAG, value: local.runId }];
  for (const [key, value] of Object.entries(local.tags)) {
    if (key === RUN_ID_TAG) continue;
    if (key !== PARENT_TAG) tags.push({ key, value });
    else if (parentOnServer !== undefined) tags.push({ key, value: parentOnServer });
  }
  return tags;
}

/** Params can't be changed: the server refuses a whole batch in which one has another value than before. */
function missingParams(local: LocalRun, server: Run): KeyValue[] {
  const there = new Set(server.data.params.map((param) => param.key));
  return Object.entries(local.params)
    .filter(([key]) => !there.has(key))
    .map(([key, value]) => ({ key, value }));
}

function metricPoint(metric: LocalRun["metrics"][number]): MetricPoint {
  return { key: metric.key, value: metric.value, timestamp: metric.timestampMs, step: metric.step };
}

/** SQL databases keep an infinity as the largest number. */
function pointId({ key, value, timestamp, step }: MetricPoint): string {
  const stored = Number.isNaN(value) ? value : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return `${timestamp} ${step} ${stored} ${key}`;
}
