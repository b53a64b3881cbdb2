import * as z from "zod/mini";
import type { FileSource } from "./file-source.ts";
import { type Call, HttpConnection } from "./http.ts";
import { MlflowError } from "./mlflow-error.ts";
import { API, type CallOptions, callApi } from "./rest.ts";

/** Paths in one request for credentials, as MLflow's own client limits it. */
const PATHS_IN_REQUEST = 2000;

/** Data Lake files are sent in parts of this size, the default of MLflow's own client. */
const DATA_LAKE_PART_BYTES = 10 * 1024 * 1024;

const Credential = z.object({
  path: z.optional(z.string()),
  signed_uri: z.string(),
  headers: z._default(z.array(z.object({ name: z.string(), value: z._default(z.string(), "") })), []),
  type: z.enum(["AWS_PRESIGNED_URL", "GCP_SIGNED_URL", "AZURE_SAS_URI", "AZURE_ADLS_GEN2_SAS_URI"]),
});
/** Allows one request for one file in the workspace's object store, for some minutes. */
export type Credential = z.infer<typeof Credential>;

const CredentialPage = z.object({
  credential_infos: z._default(z.array(Credential), []),
  next_page_token: z.optional(z.string()),
});

/**
 * The files of runs in a Databricks workspace. The workspace signs an address for each file (`artifacts/credentials-
 * for-write` and `-for-read`), at which the file is sent to or got from the object store of the cloud, without the
 * workspace's token. The protocol is that of MLflow's `DatabricksArtifactRepository`.
 */
export class SignedFiles implements Disposable {
  readonly #workspace: HttpConnection;
  readonly #stores = new Map<string, HttpConnection>();

  constructor(workspace: HttpConnection) {
    this.#workspace = workspace;
  }

  /** What allows the sending of each of the files `paths`. */
  async credentialsForWrite(
    runId: string,
    paths: readonly string[],
    options: CallOptions,
  ): Promise<Map<string, Credential>> {
    return this.#credentials("credentials-for-write", runId, paths, options);
  }

  /** Sends a file; with fresh credentials if those given are too old. */
  async upload(
    runId: string,
    path: string,
    file: FileSource,
    options: CallOptions,
    credential?: Credential,
  ): Promise<void> {
    await this.#withCredential("credentials-for-write", runId, path, options, credential, async (valid) => {
      if (valid.type === "AZURE_ADLS_GEN2_SAS_URI") return this.#uploadToDataLake(valid, file, options);
      const blobType = valid.type === "AZURE_SAS_URI" ? { "x-ms-blob-type": "BlockBlob" } : {};
      await this.#request(
        valid,
        { method: "PUT", headers: { ...headersOf(valid), ...blobType }, isIdempotent: true },
        options,
        file,
      );
    });
  }

  /** Streams a file into what `open` returns, which is opened anew for each try. */
  async download(runId: string, path: string, open: () => NodeJS.WritableStream, options: CallOptions): Promise<void> {
    await this.#withCredential("credentials-for-read", runId, path, options, undefined, async (valid) => {
      const { store, ...address } = this.#addressOf(valid);
      const call: Call = { method: "GET", ...address, headers: headersOf(valid), isIdempotent: true, ...options };
      await store.download(call, open);
    });
  }

  [Symbol.dispose](): void {
    for (const store of this.#stores.values()) store[Symbol.dispose]();
  }

  /**
   * A Data Lake file is made empty, filled, and then its length is fixed. None of the later steps can be done twice,
   * but all together can: so a failure is left to the caller's next try.
   */
  async #uploadToDataLake(credential: Credential, file: FileSource, options: CallOptions): Promise<void> {
    // Headers of blobs are refused here.
    const headers = Object.fromEntries(
      Object.entries(headersOf(credential)).filter(([name]) => !/^x-ms-blob-/i.test(name)),
    );
    const { sizeBytes } = file;
    await this.#request(credential, { method: "PUT", headers, query: "resource=file", isIdempotent: true }, options);
    for (let position = 0; position < sizeBytes; position += DATA_LAKE_PART_BYTES) {
      const end = Math.min(sizeBytes, position + DATA_LAKE_PART_BYTES);
      const part = { sizeBytes: end - position, open: () => file.open(position, end) };
      const query = `action=append&position=${position}`;
      await this.#request(credential, { method: "PATCH", headers, query, isIdempotent: false }, options, part);
    }
    const query = `action=flush&position=${sizeBytes}`;
    await this.#request(credential, { method: "PATCH", headers, query, isIdempotent: false }, options);
  }

  async #request(
    credential: Credential,
    { query, ...call }: Pick<Call, "method" | "headers" | "isIdempotent"> & { readonly query?: string },
    options: CallOptions,
    file?: FileSource,
  ): Promise<void> {
    const { store, path, signed } = this.#addressOf(credential);
    await store.requestText({
      ...call,
      path,
      signed: query === undefined ? signed : { ...signed, query: `${signed.query}&${query}` },
      ...(file === undefined ? {} : { file: { sizeBytes: file.sizeBytes, open: () => file.open(0, file.sizeBytes) } }),
      ...options,
    });
  }

  async #withCredential(
    endpoint: CredentialsEndpoint,
    runId: string,
    path: string,
    options: CallOptions,
    given: Credential | undefined,
    use: (credential: Credential) => Promise<void>,
  ): Promise<void> {
    const fresh = async () => {
      const [credential] = (await this.#credentials(endpoint, runId, [path], options)).values();
      return credential;
    };
    try {
      await use(given ?? (await fresh()));
    } catch (error) {
      if (!(error instanceof MlflowError) || !isExpiry(error)) throw error;
      await use(await fresh());
    }
  }

  async #credentials(
    endpoint: CredentialsEndpoint,
    runId: string,
    paths: readonly string[],
    { signal }: CallOptions,
  ): Promise<Map<string, Credential>> {
    const credentials = new Map<string, Credential>();
    for (let start = 0; start < paths.length; start += PATHS_IN_REQUEST) {
      const path = paths.slice(start, start + PATHS_IN_REQUEST);
      const found: Credential[] = [];
      const call = { method: "POST", path: `${API}/artifacts/${endpoint}`, isIdempotent: true, signal } as const;
      let page_token: string | undefined;
      do {
        const json = { run_id: runId, path, page_token };
        const page = await callApi(this.#workspace, { ...call, json }, CredentialPage);
        found.push(...page.credential_infos);
        page_token = page.credential_infos.length === 0 ? undefined : page.next_page_token || undefined;
      } while (page_token !== undefined);
      for (const [index, each] of path.entries()) {
        // MLflow's own client goes by the order alone.
        const credential = found.find((candidate) => candidate.path === each) ?? found[index];
        if (found.length !== path.length || credential === undefined) throw incomplete(call, path.length, found.length);
        credentials.set(each, credential);
      }
    }
    return credentials;
  }

  /** Connections to object stores carry nothing of the workspace's: no token, no certificates. */
  #addressOf({ signed_uri }: Credential): { store: HttpConnection } & Required<Pick<Call, "path" | "signed">> {
    const { origin, protocol, host, pathname, search } = new URL(signed_uri);
    if (protocol !== "https:" && !this.#workspace.baseUrl.startsWith("http:")) {
      throw new MlflowError({
        errorCode: "INVALID_RESPONSE",
        message: `The workspace names a place for files at ${host} that is not https`,
        request: "credentials of a file",
        status: 200,
      });
    }
    let store = this.#stores.get(origin);
    if (store === undefined) {
      store = new HttpConnection({ baseUrl: origin, headers: {}, ...this.#workspace.limits });
      this.#stores.set(origin, store);
    }
    return { store, path: pathname, signed: { host, query: search.slice(1) } };
  }
}

type CredentialsEndpoint = "credentials-for-write" | "credentials-for-read";

function headersOf({ headers }: Credential): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}

/** Amazon and Google also say 400 for a signature that is too old. */
function isExpiry({ storage, status, errorCode }: MlflowError): boolean {
  return storage !== undefined && (status === 401 || status === 403 || errorCode === "ExpiredToken");
}

function incomplete({ method, path }: Pick<Call, "method" | "path">, asked: number, got: number): MlflowError {
  return new MlflowError({
    errorCode: "INVALID_RESPONSE",
    message: `The workspace gave credentials for ${got} of ${asked} files`,
    request: `${method} ${path}`,
    status: 200,
  });
}
