import * as z from "zod/mini";
import type { Call, HttpConnection } from "./http.ts";
import * as schemas from "./mlflow-schemas.ts";
import { API, type CallOptions, callApi, Empty } from "./rest.ts";

/** The registered models of a server, by the names of MLflow's REST API. All methods throw {@link MlflowError}. */
export class ModelRegistry {
  readonly #http: HttpConnection;

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  /** `RESOURCE_ALREADY_EXISTS` if there is one of this name. */
  async createRegisteredModel(name: string, options: CallOptions = {}): Promise<schemas.RegisteredModel> {
    const call = post("registered-models/create", { name }, false, options);
    return (await callApi(this.#http, call, Registered)).registered_model;
  }

  async getRegisteredModel(name: string, options: CallOptions = {}): Promise<schemas.RegisteredModel> {
    return (await callApi(this.#http, get("registered-models/get", { name }, options), Registered)).registered_model;
  }

  async *searchRegisteredModels(
    search: CallOptions & { readonly filter?: string } = {},
  ): AsyncGenerator<schemas.RegisteredModel, void, undefined> {
    let page_token: string | undefined;
    do {
      const call = get("registered-models/search", { filter: search.filter, max_results: 1000, page_token }, search);
      const page = await callApi(this.#http, call, RegisteredPage);
      yield* page.registered_models;
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
  }

  /**
   * A new version of `name` from `source`: the address of a run's artifact folder, or `models:/m-...` with `modelId`.
   */
  async createModelVersion(
    version: {
      readonly name: string;
      readonly source: string;
      readonly runId?: string;
      readonly modelId?: string;
      readonly tags?: readonly { readonly key: string; readonly value: string }[];
    },
    options: CallOptions = {},
  ): Promise<schemas.ModelVersion> {
    const { name, source, runId, modelId, tags } = version;
    const call = post(
      "model-versions/create",
      { name, source, run_id: runId, model_id: modelId, tags: tags ?? [] },
      false,
      options,
    );
    return (await callApi(this.#http, call, Version)).model_version;
  }

  async *searchModelVersions(
    search: CallOptions & { readonly filter?: string },
  ): AsyncGenerator<schemas.ModelVersion, void, undefined> {
    let page_token: string | undefined;
    do {
      const call = get("model-versions/search", { filter: search.filter, max_results: 1000, page_token }, search);
      const page = await callApi(this.#http, call, VersionPage);
      yield* page.model_versions;
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
  }

  async setModelVersionTag(
    name: string,
    version: string,
    key: string,
    value: string,
    options: CallOptions = {},
  ): Promise<void> {
    await callApi(this.#http, post("model-versions/set-tag", { name, version, key, value }, true, options), Empty);
  }

  /** Points the alias at this version. MLflow keeps `latest` and `v<N>` for itself. */
  async setRegisteredModelAlias(
    name: string,
    alias: string,
    version: string,
    options: CallOptions = {},
  ): Promise<void> {
    await callApi(this.#http, post("registered-models/alias", { name, alias, version }, true, options), Empty);
  }

  async deleteRegisteredModelAlias(name: string, alias: string, options: CallOptions = {}): Promise<void> {
    const call = { ...post("registered-models/alias", { name, alias }, true, options), method: "DELETE" as const };
    await callApi(this.#http, call, Empty);
  }

  async getModelVersionByAlias(name: string, alias: string, options: CallOptions = {}): Promise<schemas.ModelVersion> {
    return (await callApi(this.#http, get("registered-models/alias", { name, alias }, options), Version)).model_version;
  }
}

const Registered = z.object({ registered_model: schemas.RegisteredModel });
const RegisteredPage = z.object({
  registered_models: z._default(z.array(schemas.RegisteredModel), []),
  next_page_token: z.optional(z.string()),
});
const Version = z.object({ model_version: schemas.ModelVersion });
const VersionPage = z.object({
  model_versions: z._default(z.array(schemas.ModelVersion), []),
  next_page_token: z.optional(z.string()),
});

function get(endpoint: string, query: NonNullable<Call["query"]>, { signal }: CallOptions): Call {
  return { method: "GET", path: `${API}/${endpoint}`, query, isIdempotent: true, signal };
}

function post(endpoint: string, json: unknown, isIdempotent: boolean, { signal }: CallOptions): Call {
  return { method: "POST", path: `${API}/${endpoint}`, json, isIdempotent, signal };
}
