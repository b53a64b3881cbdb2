import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import * as z from "zod/mini";
import type { Call, HttpConnection } from "./http.ts";
import { MlflowError } from "./mlflow-error.ts";
import * as schemas from "./mlflow-schemas.ts";
import { API, type CallOptions, callApi } from "./rest.ts";
import { checkArtifactPath } from "./run-record.ts";

/** The part of a run that its artifacts are found by. */
export interface ArtifactOwner {
  readonly run_id: string;
  readonly artifact_uri: string;
}

/**
 * Artifacts of runs, through the server's own proxy (`mlflow server` serves them unless started with
 * `--no-serve-artifacts`). Files are streamed. All methods throw {@link MlflowError}, and {@link TrackingError} for a path
 * that leaves its folder, ours or one that a server names.
 */
export class Artifacts {
  readonly #http: HttpConnection;

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  /** The files and folders in `path`, not those below. */
  async listArtifacts(runId: string, path?: string, { signal }: CallOptions = {}): Promise<schemas.FileInfo[]> {
    if (path !== undefined) checkArtifactPath(path);
    const files: schemas.FileInfo[] = [];
    let page_token: string | undefined;
    do {
      const query = { run_id: runId, path, page_token };
      const call = { method: "GET", path: `${API}/artifacts/list`, query, isIdempotent: true, signal } as const;
      const page = await callApi(this.#http, call, ListPage);
      files.push(...page.files);
      page_token = page.next_page_token || undefined;
    } while (page_token !== undefined);
    for (const file of files) checkArtifactPath(file.path);
    return files;
  }

  /** Sends `source`, a file's path or its bytes, as the artifact `path`; one that is there is replaced. */
  async uploadArtifact(
    owner: ArtifactOwner,
    path: string,
    source: string | Uint8Array,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const file =
      typeof source === "string"
        ? { open: () => createReadStream(source), sizeBytes: (await stat(source)).size }
        : { open: () => Readable.from([source]), sizeBytes: source.byteLength };
    await this.#http.requestText({ method: "PUT", path: proxyPath(owner, path), file, isIdempotent: true, signal });
  }

  /** Gets the artifact `path` into the file `target`, which appears when it is complete. */
  async downloadArtifact(
    owner: ArtifactOwner,
    path: string,
    target: string,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const call: Call = { method: "GET", path: proxyPath(owner, path), isIdempotent: true, signal };
    await mkdir(dirname(target), { recursive: true });
    const partial = `${target}.${process.pid}.part`;
    try {
      await this.#http.download(call, () => createWriteStream(partial));
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** The content of the artifact `path`. */
  async readArtifact(owner: ArtifactOwner, path: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    const call: Call = { method: "GET", path: proxyPath(owner, path), isIdempotent: true, signal };
    let chunks: Buffer[] = [];
    await this.#http.download(call, () => {
      chunks = [];
      return new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
    });
    return Buffer.concat(chunks);
  }

  /** Gets all files below `path` into `folder`; returns their paths in there. */
  async downloadArtifacts(
    owner: ArtifactOwner,
    folder: string,
    path?: string,
    options: CallOptions = {},
  ): Promise<string[]> {
    const paths: string[] = [];
    for (const file of await this.listArtifacts(owner.run_id, path, options)) {
      if (file.is_dir) {
        paths.push(...(await this.downloadArtifacts(owner, folder, file.path, options)));
        continue;
      }
      await this.downloadArtifact(owner, file.path, join(folder, file.path), options);
      paths.push(file.path);
    }
    return paths;
  }

  async deleteArtifact(owner: ArtifactOwner, path: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#http.requestText({ method: "DELETE", path: proxyPath(owner, path), isIdempotent: true, signal });
  }
}

const ListPage = z.object({
  files: z._default(z.array(schemas.FileInfo), []),
  next_page_token: z.optional(z.string()),
});

/** The proxy's path of an artifact. */
function proxyPath(owner: ArtifactOwner, path: string): string {
  checkArtifactPath(path);
  const root = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(owner.artifact_uri)?.[1];
  if (root === undefined) {
    const place = owner.artifact_uri.replace(/[?#].*$/, "");
    const advice = place.startsWith("dbfs:")
      ? "files of Databricks are not supported yet"
      : "start it with --serve-artifacts";
    throw new MlflowError({
      errorCode: "ARTIFACTS_NOT_PROXIED",
      message: `The server keeps this run's artifacts in ${place}, which it doesn't serve: ${advice}`,
      request: `artifacts of run ${owner.run_id}`,
    });
  }
  const encoded = `${root}/${path}`.split("/").map(encodeURIComponent).join("/");
  return `/api/2.0/mlflow-artifacts/artifacts/${encoded}`;
}
