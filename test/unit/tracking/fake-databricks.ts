import * as z from "zod/mini";
import { FakeMlflow } from "./fake-mlflow.ts";
import { type Answer, ScriptedServer, type SeenRequest } from "./scripted-server.ts";

export const TOKEN = "dapi-secret";
export const USER = "ann@example.com";

export type CredentialType = "AWS_PRESIGNED_URL" | "GCP_SIGNED_URL" | "AZURE_SAS_URI" | "AZURE_ADLS_GEN2_SAS_URI";

/** What each cloud wants to see again in the request, as its signature covers it. */
const SIGNED_HEADERS: Record<CredentialType, Record<string, string>> = {
  AWS_PRESIGNED_URL: { "x-amz-server-side-encryption": "AES256" },
  GCP_SIGNED_URL: { "content-type": "" },
  AZURE_SAS_URI: { "x-ms-client-request-id": "7" },
  AZURE_ADLS_GEN2_SAS_URI: { "x-ms-client-request-id": "7", "x-ms-blob-content-type": "text/plain" },
};

/** How each cloud says that a signature is too old. */
const EXPIRED: Record<CredentialType, Answer> = {
  AWS_PRESIGNED_URL: { status: 403, text: xmlError("AccessDenied", "Request has expired") },
  GCP_SIGNED_URL: { status: 400, text: xmlError("ExpiredToken", "The provided token has expired.") },
  AZURE_SAS_URI: { status: 403, text: xmlError("AuthenticationFailed", "Server failed to authenticate.") },
  AZURE_ADLS_GEN2_SAS_URI: { status: 403, json: { error: { code: "AuthenticationFailed", message: "expired" } } },
};

const text = z.string();
const int = z.int();
const pair = z.strictObject({ key: text, value: text });
const value = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]);
const metric = z.strictObject({ key: text, value, timestamp: int, step: int });
const dataset = z.strictObject({
  name: text,
  digest: text,
  source_type: text,
  source: text,
  schema: z.optional(text),
  profile: z.optional(text),
});
const credentials = z.strictObject({ run_id: text, path: z.array(text), page_token: z.optional(text) });
const page = { max_results: z.optional(int), page_token: z.optional(text), order_by: z.optional(z.array(text)) };

/** The calls of the workspace's public API that are used here: all their fields, and no others. */
const CALLS: Record<string, z.ZodMiniType> = {
  "GET preview/scim/v2/Me": z.strictObject({}),
  "POST workspace/mkdirs": z.strictObject({ path: text }),
  "GET mlflow/experiments/get-by-name": z.strictObject({ experiment_name: text }),
  "POST mlflow/experiments/create": z.strictObject({
    name: text,
    artifact_location: z.optional(text),
    tags: z.optional(z.array(pair)),
  }),
  "POST mlflow/runs/create": z.strictObject({
    experiment_id: text,
    user_id: z.optional(text),
    run_name: z.optional(text),
    start_time: z.optional(int),
    tags: z.optional(z.array(pair)),
  }),
  "GET mlflow/runs/get": z.strictObject({ run_id: text }),
  "POST mlflow/runs/search": z.strictObject({
    experiment_ids: z.array(text),
    filter: z.optional(text),
    run_view_type: z.optional(z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])),
    ...page,
  }),
  "POST mlflow/runs/log-batch": z.strictObject({
    run_id: text,
    metrics: z.array(metric),
    params: z.array(pair),
    tags: z.array(pair),
  }),
  "POST mlflow/runs/log-inputs": z.strictObject({
    run_id: text,
    datasets: z.array(z.strictObject({ tags: z.array(pair), dataset })),
  }),
  "POST mlflow/runs/update": z.strictObject({
    run_id: text,
    status: z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]),
    end_time: z.optional(int),
    run_name: z.optional(text),
  }),
  "POST mlflow/runs/delete": z.strictObject({ run_id: text }),
  "GET mlflow/metrics/get-history": z.strictObject({
    run_id: text,
    metric_key: text,
    max_results: z.optional(text),
    page_token: z.optional(text),
  }),
  "GET mlflow/artifacts/list": z.strictObject({ run_id: text, path: z.optional(text), page_token: z.optional(text) }),
  "POST mlflow/artifacts/credentials-for-read": credentials,
  "POST mlflow/artifacts/credentials-for-write": credentials,
};

/**
 * A Databricks workspace and the object store of its cloud, as two servers. Each request is checked against the
 * documented API and the rules of the cloud; what breaks one is listed in `faults` and answered with an error.
 */
export class FakeDatabricks implements AsyncDisposable {
  readonly mlflow = new FakeMlflow();
  readonly faults: string[] = [];
  readonly folders = new Set(["/", "/Users", `/Users/${USER}`, "/Shared"]);
  /** Content by run id and path. */
  readonly files = new Map<string, string>();
  /** Credentials that are too old when they arrive: this many of the next ones. */
  expiring = 0;
  /** Answers that come before any other, one each. */
  readonly nextAnswers: { readonly of: "workspace" | "storage"; readonly path: string; readonly answer: Answer }[] = [];
  readonly cloud: CredentialType;
  readonly #expired = new Set<string>();
  readonly #open = new Map<string, string>();
  #signatures = 0;
  workspace!: ScriptedServer;
  storage!: ScriptedServer;

  private constructor(cloud: CredentialType) {
    this.cloud = cloud;
    this.mlflow.artifactRoot = "dbfs:/databricks/mlflow-tracking";
  }

  static async start(cloud: CredentialType = "AWS_PRESIGNED_URL"): Promise<FakeDatabricks> {
    const fake = new FakeDatabricks(cloud);
    fake.workspace = await ScriptedServer.start(
      (request) => fake.#scripted("workspace", request) ?? fake.#answer(request),
    );
    fake.storage = await ScriptedServer.start((request) => fake.#scripted("storage", request) ?? fake.#store(request));
    return fake;
  }

  get env(): Record<string, string> {
    return { DATABRICKS_HOST: this.workspace.uri, DATABRICKS_TOKEN: TOKEN, MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workspace[Symbol.asyncDispose]();
    await this.storage[Symbol.asyncDispose]();
  }

  #scripted(of: "workspace" | "storage", request: SeenRequest): Answer | undefined {
    const index = this.nextAnswers.findIndex((next) => next.of === of && request.url.includes(next.path));
    return index < 0 ? undefined : this.nextAnswers.splice(index, 1)[0].answer;
  }

  #answer(request: SeenRequest): Answer {
    // Databricks' SDK asks whether the host says more of itself.
    if (request.url.startsWith("/.well-known/")) return { status: 404 };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      return this.#fault(401, `no token: ${request.method} ${request.url}`);
    }
    const url = new URL(request.url, "http://fake");
    const name = `${request.method} ${url.pathname.replace("/api/2.0/", "")}`;
    const schema = CALLS[name];
    if (schema === undefined) return this.#fault(404, `no such call: ${name}`);
    const input = request.method === "GET" ? Object.fromEntries(url.searchParams) : JSON.parse(request.body);
    const parsed = z.safeParse(schema, input);
    if (!parsed.success) return this.#fault(400, `${name}: ${z.prettifyError(parsed.error)}`);
    return (this.#handlers[name] ?? (() => this.mlflow.answer(request)))(input);
  }

  // biome-ignore lint/suspicious/noExplicitAny: checked against the schema of the call before
  readonly #handlers: Record<string, ((input: any) => Answer) | undefined> = {
    "GET preview/scim/v2/Me": () => ({ status: 200, json: { id: "1", userName: USER, active: true } }),
    "POST workspace/mkdirs": ({ path }) => {
      for (let at = path.indexOf("/", 1); at >= 0; at = path.indexOf("/", at + 1)) this.folders.add(path.slice(0, at));
      this.folders.add(path);
      return { status: 200, json: {} };
    },
    "POST mlflow/experiments/create": (input) => {
      const { name } = input;
      if (!name.startsWith("/")) {
        return failure(400, "INVALID_PARAMETER_VALUE", `Got an invalid experiment name '${name}'.`);
      }
      const parent = name.slice(0, name.lastIndexOf("/")) || "/";
      if (!this.folders.has(parent)) {
        return failure(404, "RESOURCE_DOES_NOT_EXIST", `Parent directory ${parent} does not exist.`);
      }
      if (this.folders.has(name)) return failure(400, "RESOURCE_ALREADY_EXISTS", `Node named ${name} already exists`);
      const body = JSON.stringify(input);
      return this.mlflow.answer({ method: "POST", url: "/api/2.0/mlflow/experiments/create", headers: {}, body });
    },
    "GET mlflow/artifacts/list": ({ run_id, path = "" }) => ({
      status: 200,
      json: { root_uri: `dbfs:/databricks/mlflow-tracking/1/${run_id}/artifacts`, files: this.#list(run_id, path) },
    }),
    "POST mlflow/artifacts/credentials-for-read": (input) => this.#credentials("r", input),
    "POST mlflow/artifacts/credentials-for-write": (input) => this.#credentials("w", input),
  };

  /** Two in a page. */
  #credentials(access: "r" | "w", { run_id, path, page_token = "0" }: z.infer<typeof credentials>): Answer {
    const start = Number(page_token);
    const credential_infos = path.slice(start, start + 2).map((each) => {
      const signature = `${access}${++this.#signatures}+/=`;
      if (this.expiring-- > 0) this.#expired.add(signature);
      const address = `${run_id}/${each}`.split("/").map(encodeURIComponent).join("/");
      return {
        run_id,
        path: each,
        signed_uri: `${this.storage.uri}/bucket/${address}?sv=a%20b&sig=${encodeURIComponent(signature)}`,
        headers: Object.entries(SIGNED_HEADERS[this.cloud])
          .filter(([, header]) => header !== "")
          .map(([name, header]) => ({ name, value: header })),
        type: this.cloud,
      };
    });
    const more = start + 2 < path.length ? { next_page_token: String(start + 2) } : {};
    return { status: 200, json: { credential_infos, ...more } };
  }

  /** The object store. */
  #store(request: SeenRequest): Answer {
    const { method, headers, body } = request;
    const url = new URL(request.url, "http://fake");
    if (JSON.stringify(request).includes(TOKEN)) return this.#fault(400, "the workspace's token left the workspace");
    const signature = url.searchParams.get("sig") ?? "";
    if (!request.url.includes("?sv=a%20b&sig=") || !signature.startsWith(method === "GET" ? "r" : "w")) {
      return this.#fault(403, `another address than the signed one: ${method} ${request.url}`);
    }
    if (this.#expired.has(signature)) return EXPIRED[this.cloud];
    const key = decodeURIComponent(url.pathname.replace("/bucket/", ""));
    if (method === "GET") {
      const content = this.files.get(key);
      return content === undefined
        ? { status: 404, text: xmlError("NoSuchKey", "no such key") }
        : { status: 200, text: content };
    }
    if (headers["content-length"] === undefined) return this.#fault(411, `${method} without a length`);
    if (this.cloud === "AZURE_ADLS_GEN2_SAS_URI") return this.#storeInDataLake(request, url.searchParams, key);
    for (const [name, header] of Object.entries(SIGNED_HEADERS[this.cloud])) {
      if ((headers[name] ?? "") !== header) return this.#fault(403, `${name} is "${headers[name]}"`);
    }
    if ((this.cloud === "AZURE_SAS_URI") !== (headers["x-ms-blob-type"] === "BlockBlob")) {
      return this.#fault(400, "BlockBlob is said to Azure, and to none else");
    }
    if (method !== "PUT") return this.#fault(405, method);
    this.files.set(key, body);
    return { status: this.cloud === "AZURE_SAS_URI" ? 201 : 200, text: "" };
  }

  #storeInDataLake({ method, headers, body }: SeenRequest, query: URLSearchParams, key: string): Answer {
    if (headers["x-ms-blob-content-type"] !== undefined) return this.#fault(400, "a blob's header");
    const [resource, action, position] = ["resource", "action", "position"].map((name) => query.get(name));
    const written = this.#open.get(key);
    if (method === "PUT" && resource === "file" && body === "") {
      this.#open.set(key, "");
      return { status: 201, text: "" };
    }
    if (method !== "PATCH" || written === undefined) return this.#fault(400, `${method} ${query}`);
    if (position !== String(Buffer.byteLength(written))) return this.#fault(400, `position ${position}`);
    if (action === "append") this.#open.set(key, written + body);
    else if (action === "flush" && body === "") this.files.set(key, written);
    else return this.#fault(400, `action ${action}`);
    return { status: action === "append" ? 202 : 200, text: "" };
  }

  #list(runId: string, folder: string): unknown[] {
    const prefix = folder === "" ? `${runId}/` : `${runId}/${folder}/`;
    const file = this.files.get(`${runId}/${folder}`);
    if (file !== undefined) return [{ path: folder, is_dir: false, file_size: file.length }];
    const found = new Map<string, unknown>();
    for (const [key, content] of this.files) {
      if (!key.startsWith(prefix)) continue;
      const [name, ...below] = key.slice(prefix.length).split("/");
      const path = folder === "" ? name : `${folder}/${name}`;
      found.set(path, below.length > 0 ? { path, is_dir: true } : { path, is_dir: false, file_size: content.length });
    }
    return [...found.values()];
  }

  #fault(status: number, message: string): Answer {
    this.faults.push(message);
    return failure(status, "INVALID_PARAMETER_VALUE", message);
  }
}

function failure(status: number, error_code: string, message: string): Answer {
  return { status, json: { error_code, message } };
}

function xmlError(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}
