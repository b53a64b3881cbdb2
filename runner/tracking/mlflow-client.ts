import * as z from "zod/mini";
import { Artifacts } from "./artifacts.ts";
import { connectionTo, type Environment } from "./authentication.ts";
import type { Backoff } from "./backoff.ts";
import { type BatchContent, type KeyValue, splitBatches } from "./batches.ts";
import { DatabricksWorkspace } from "./databricks-workspace.ts";
import { type Connection, HttpConnection } from "./http.ts";
import * as schemas from "./mlflow-schemas.ts";
import { ModelRegistry } from "./model-registry.ts";
import { API, type CallOptions, callApi, Empty } from "./rest.ts";
import type { RunStatus } from "./run-record.ts";
import { SignedFiles } from "./signed-files.ts";
import type { TrackingUri } from "./tracking-uri.ts";

export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** What `searchRuns` looks for; `filter` and `orderBy` in MLflow's search language. */
export interface RunSearch extends CallOptions {
  readonly experimentIds: readonly string[];
  readonly filter?: string;
  readonly orderBy?: readonly string[];
  readonly viewType?: ViewType;
  /** Runs in one answer, at most 50,000. */
  readonly pageSize?: number;
}

/**
 * A client for MLflow's REST API 2.0. Methods are named after its endpoints, answers keep its field names and are
 * checked. All methods throw {@link MlflowError}; calls that may be done twice are tried again with growing waits after
 * 429, 5xx, a lost connection or a time-out, all others never.
 *
 * @example
 * using client = await MlflowClient.connect({ kind: "server", uri: "http://127.0.0.1:5000" }, process.env);
 * const experiment = await client.getExperimentByName("demand");
 */
export class MlflowClient implements Disposable {
  readonly #http: HttpConnection;
  /** The tracking URI: names the server in files and texts. */
  readonly uri: string;
  /** How it tries again; for callers that do so themselves, after having looked what arrived. */
  readonly backoff: Backoff;
  readonly artifacts: Artifacts;
  readonly registry: ModelRegistry;
  /** Only on Databricks. */
  readonly workspace: DatabricksWorkspace | undefined;
  readonly #signedFiles: SignedFiles;

  constructor(connection: Connection, uri: string = connection.baseUrl, kind: "server" | "databricks" = "server") {
    this.#http = new HttpConnection(connection);
    this.uri = uri;
    this.backoff = connection.backoff;
    this.#signedFiles = new SignedFiles(this.#http);
    this.artifacts = new Artifacts(this.#http, this.#signedFiles);
    this.registry = new ModelRegistry(this.#http);
    this.workspace = kind === "databricks" ? new DatabricksWorkspace(this.#http) : undefined;
  }

  /** A client for `target` with the credentials in `env`; see {@link connectionTo}. Sends nothing yet. */
  static async connect(target: Exclude<TrackingUri, { kind: "folder" }>, env: Environment): Promise<MlflowClient> {
    return new MlflowClient(await connectionTo(target, env), target.uri, target.kind);
  }

  /** Address of the server's web pages. */
  get webUrl(): string {
    return this.#http.baseUrl;
  }

  [Symbol.dispose](): void {
    this.#signedFiles[Symbol.dispose]();
    this.#http[Symbol.dispose]();
  }

  // ---- experiments

  /** The id of the new experiment; `RESOURCE_ALREADY_EXISTS` if there is one of this name. */
  async createExperiment(name: string, options: CallOptions & { readonly tags?: readonly KeyValue[] } = {}) {
    const json = { name, tags: options.tags ?? [] };
    const answer = z.object({ experiment_id: z.string() });
    return (await this.#post("experiments/create", json, answer, false, options)).experiment_id;
  }

  async getExperiment(experimentId: string, options: CallOptions = {}): Promise<schemas.Experiment> {
    const answer = z.object({ experiment: schemas.Experiment });
    return (await this.#get("experiments/get", { experiment_id: experimentId }, answer, options)).experiment;
  }

  /** `RESOURCE_DOES_NOT_EXIST` if there is none; a deleted one is found, with `lifecycle_stage` `deleted`. */
  async getExperimentByName(name: string, options: CallOptions = {}): Promise<schemas.Experiment> {
    const answer = z.object({ experiment: schemas.Experiment });
    return (await this.#get("experiments/get-by-name", { experiment_name: name }, answer, options)).experiment;
  }

  async *searchExperiments(
    search: CallOptions & {
      readonly filter?: string;
      readonly orderBy?: readonly string[];
      readonly viewType?: ViewType;
      readonly pageSize?: number;
    } = {},
  ): AsyncGenerator<schemas.Experiment, void, undefined> {
    const answer = z.object({
      experiments: z._default(z.array(schemas.Experiment), []),
      next_page_token: z.optional(z.string()),
    });
    const json = {
      filter: search.filter,
      order_by: search.orderBy,
      view_type: search.viewType ?? "ACTIVE_ONLY",
      max_results: search.pageSize ?? 1000,
    };
    let page_token: string | undefined;
    do {
      const page = await this.#post("experiments/search", { ...json, page_token }, answer, true, search);
      yield* page.experiments;
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
  }

  async deleteExperiment(experimentId: string, options: CallOptions = {}): Promise<void> {
    await this.#post("experiments/delete", { experiment_id: experimentId }, Empty, false, options);
  }

  // ---- runs

  /** A new run. Times in milliseconds. Doing this twice makes two runs: give it a tag to look it up by. */
  async createRun(
    run: {
      readonly experimentId: string;
      readonly runName: string;
      readonly userId?: string;
      readonly startTimeMs: number;
      readonly tags?: readonly KeyValue[];
    },
    options: CallOptions = {},
  ): Promise<schemas.Run> {
    const json = {
      experiment_id: run.experimentId,
      run_name: run.runName,
      user_id: run.userId,
      start_time: Math.round(run.startTimeMs),
      tags: run.tags ?? [],
    };
    return (await this.#post("runs/create", json, z.object({ run: schemas.Run }), false, options)).run;
  }

  async getRun(runId: string, options: CallOptions = {}): Promise<schemas.Run> {
    return (await this.#get("runs/get", { run_id: runId }, z.object({ run: schemas.Run }), options)).run;
  }

  async updateRun(
    runId: string,
    change: { readonly status?: RunStatus; readonly endTimeMs?: number; readonly runName?: string },
    options: CallOptions = {},
  ): Promise<void> {
    const json = {
      run_id: runId,
      status: change.status,
      end_time: change.endTimeMs === undefined ? undefined : Math.round(change.endTimeMs),
      run_name: change.runName,
    };
    await this.#post("runs/update", json, Empty, true, options);
  }

  async deleteRun(runId: string, options: CallOptions = {}): Promise<void> {
    await this.#post("runs/delete", { run_id: runId }, Empty, false, options);
  }

  async restoreRun(runId: string, options: CallOptions = {}): Promise<void> {
    await this.#post("runs/restore", { run_id: runId }, Empty, false, options);
  }

  /**
   * Logs metrics, params and tags in as many requests as MLflow's limits need. A server on a folder keeps a metric
   * that is logged twice twice, so requests with metrics are not tried again.
   */
  async logBatch(runId: string, content: BatchContent, options: CallOptions = {}): Promise<void> {
    for (const batch of splitBatches(content)) {
      const { metrics, params, tags } = batch;
      const json = { run_id: runId, metrics, params, tags };
      await this.#post("runs/log-batch", json, Empty, metrics.length === 0, options);
    }
  }

  async setTag(runId: string, key: string, value: string, options: CallOptions = {}): Promise<void> {
    await this.#post("runs/set-tag", { run_id: runId, key, value }, Empty, true, options);
  }

  async logInputs(runId: string, datasets: readonly schemas.DatasetInput[], options: CallOptions = {}): Promise<void> {
    await this.#post("runs/log-inputs", { run_id: runId, datasets }, Empty, true, options);
  }

  /** All runs that match, page by page. */
  async *searchRuns(search: RunSearch): AsyncGenerator<schemas.Run, void, undefined> {
    const answer = z.object({ runs: z._default(z.array(schemas.Run), []), next_page_token: z.optional(z.string()) });
    const json = {
      experiment_ids: search.experimentIds,
      filter: search.filter,
      order_by: search.orderBy,
      run_view_type: search.viewType ?? "ACTIVE_ONLY",
      max_results: search.pageSize ?? 1000,
    };
    let page_token: string | undefined;
    do {
      const page = await this.#post("runs/search", { ...json, page_token }, answer, true, search);
      yield* page.runs;
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
  }

  // ---- metrics

  /** All points of one metric. */
  async getMetricHistory(runId: string, metricKey: string, options: CallOptions = {}): Promise<schemas.Metric[]> {
    const answer = z.object({
      metrics: z._default(z.array(schemas.Metric), []),
      next_page_token: z.optional(z.string()),
    });
    const points: schemas.Metric[] = [];
    let page_token: string | undefined;
    do {
      const query = { run_id: runId, metric_key: metricKey, max_results: 25_000, page_token };
      const page = await this.#get("metrics/get-history", query, answer, options);
      points.push(...page.metrics);
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
    return points;
  }

  /** Points of one metric in up to 100 runs, thinned out by the server to at most `maxResults` (2,500) for each. */
  async getMetricHistoryBulkInterval(
    runIds: readonly string[],
    metricKey: string,
    options: CallOptions & {
      readonly steps?: { readonly start: number; readonly end: number };
      readonly maxResults?: number;
    } = {},
  ): Promise<schemas.MetricWithRun[]> {
    const answer = z.object({ metrics: z._default(z.array(schemas.MetricWithRun), []) });
    const query = {
      run_ids: runIds,
      metric_key: metricKey,
      start_step: options.steps?.start,
      end_step: options.steps?.end,
      max_results: options.maxResults ?? 2500,
    };
    return (await this.#get("metrics/get-history-bulk-interval", query, answer, options)).metrics;
  }

  #get<T extends z.core.$ZodType>(
    endpoint: string,
    query: Readonly<Record<string, string | number | readonly string[] | undefined>>,
    answer: T,
    { signal }: CallOptions,
  ): Promise<z.infer<T>> {
    return callApi(
      this.#http,
      { method: "GET", path: `${API}/${endpoint}`, query, isIdempotent: true, signal },
      answer,
    );
  }

  #post<T extends z.core.$ZodType>(
    endpoint: string,
    json: unknown,
    answer: T,
    isIdempotent: boolean,
    { signal }: CallOptions,
  ): Promise<z.infer<T>> {
    return callApi(this.#http, { method: "POST", path: `${API}/${endpoint}`, json, isIdempotent, signal }, answer);
  }
}
