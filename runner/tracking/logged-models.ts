import * as z from "zod/mini";
import type { HttpConnection } from "./http.ts";
import * as schemas from "./mlflow-schemas.ts";
import { API, type CallOptions, callApi, Empty } from "./rest.ts";

/** MLflow 3's logged models: models that stand on their own beside runs. All methods throw {@link MlflowError}. */
export class LoggedModels {
  readonly #http: HttpConnection;

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  /** A new logged model in status pending; its files go to `info.artifact_uri`. */
  async createLoggedModel(
    model: {
      readonly experimentId: string;
      readonly name: string;
      readonly modelType?: string;
      readonly sourceRunId?: string;
      readonly params?: readonly { readonly key: string; readonly value: string }[];
      readonly tags?: readonly { readonly key: string; readonly value: string }[];
    },
    { signal }: CallOptions = {},
  ): Promise<schemas.LoggedModel> {
    const json = {
      experiment_id: model.experimentId,
      name: model.name,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      params: model.params ?? [],
      tags: model.tags ?? [],
    };
    const call = { method: "POST", path: `${API}/logged-models`, json, isIdempotent: false, signal } as const;
    return (await callApi(this.#http, call, Answer)).model;
  }

  async getLoggedModel(modelId: string, { signal }: CallOptions = {}): Promise<schemas.LoggedModel> {
    const call = { method: "GET", path: pathOf(modelId), isIdempotent: true, signal } as const;
    return (await callApi(this.#http, call, Answer)).model;
  }

  /** Says that all files are there (`LOGGED_MODEL_READY`) or that they won't be (`LOGGED_MODEL_UPLOAD_FAILED`). */
  async finalizeLoggedModel(
    modelId: string,
    status: "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED",
    { signal }: CallOptions = {},
  ): Promise<void> {
    const json = { model_id: modelId, status };
    await callApi(this.#http, { method: "PATCH", path: pathOf(modelId), json, isIdempotent: true, signal }, Empty);
  }

  async *searchLoggedModels(
    search: CallOptions & { readonly experimentIds: readonly string[]; readonly filter?: string },
  ): AsyncGenerator<schemas.LoggedModel, void, undefined> {
    let page_token: string | undefined;
    do {
      const json = { experiment_ids: search.experimentIds, filter: search.filter, page_token };
      const { signal } = search;
      const call = { method: "POST", path: `${API}/logged-models/search`, json, isIdempotent: true, signal } as const;
      const page = await callApi(this.#http, call, Page);
      yield* page.models;
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
  }

  /** Names the models that a run made. */
  async logOutputs(
    runId: string,
    models: readonly { readonly modelId: string; readonly step: number }[],
    { signal }: CallOptions = {},
  ): Promise<void> {
    const json = { run_id: runId, models: models.map(({ modelId, step }) => ({ model_id: modelId, step })) };
    await callApi(this.#http, { method: "POST", path: `${API}/runs/outputs`, json, isIdempotent: true, signal }, Empty);
  }
}

const Answer = z.object({ model: schemas.LoggedModel });
const Page = z.object({
  models: z._default(z.array(schemas.LoggedModel), []),
  next_page_token: z.optional(z.string()),
});

function pathOf(modelId: string): string {
  return `${API}/logged-models/${encodeURIComponent(modelId)}`;
}
