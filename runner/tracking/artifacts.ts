import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import * as z from "zod/mini";
import { type FileSource, fileSource } from "./file-source.ts";
import type { Call, HttpConnection } from "./http.ts";
import { MlflowError } from "./mlflow-error.ts";
import * as schemas from "./mlflow-schemas.ts";
import { API, type CallOptions, callApi } from "./rest.ts";
import { checkArtifactPath } from "./run-record.ts";
import type { Credential, SignedFiles } from "./signed-files.ts";

/** The part of a run that its artifacts are found by. */
export interface ArtifactOwner {
  readonly run_id: string;
  readonly artifact_uri: string;
}

/** A file to send as the artifact `path`: where it is on this machine, or its bytes. */
export interface ArtifactUpload {
  readonly path: string;
  readonly source: string | Uint8Array;
}

/**
 * Artifacts of runs, through the server's own proxy (`mlflow server` serves them unless started with
 * `--no-serve-artifacts`), or at the addresses that a Databricks workspace signs. Files are streamed. All methods throw
 * {@link MlflowError}, `ARTIFACTS_NOT_PROXIED` if the files are anywhere else, and {@link TrackingError} for a path that
 * leaves its folder, ours or one that a server names.
 */
export class Artifacts {
  readonly #http: HttpConnection;
  readonly #signed: SignedFiles;

  constructor(http: HttpConnection, signed: SignedFiles) {
    this.#http = http;
    this.#signed = signed;
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
    // Databricks lists a file as its own content.
    return files.filter((file) => file.path !== path);
  }

  /** Sends `source`, a file's path or its bytes, as the artifact `path`; one that is there is replaced. */
  async uploadArtifact(
    owner: ArtifactOwner,
    path: string,
    source: string | Uint8Array,
    options: CallOptions = {},
  ): Promise<void> {
    await this.#upload(owner, path, await fileSource(source), options);
  }

  /** Sends many; one that can't be sent does not keep the others back, and the first such failure is returned. */
  async uploadArtifacts(
    owner: ArtifactOwner,
    uploads: readonly ArtifactUpload[],
    options: CallOptions = {},
  ): Promise<MlflowError | undefined> {
    if (uploads.length === 0) return undefined;
    let refused: MlflowError | undefined;
    const unlessRefused = async <T>(calling: Promise<T>): Promise<T | undefined> => {
      try {
        return await calling;
      } catch (error) {
        const isRefusal = error instanceof MlflowError && (error.isOfFile || isRefusedFile(error));
        if (!isRefusal) throw error;
        refused ??= error;
        return undefined;
      }
    };
    let credentials = new Map<string, Credential>();
    if (isSigned(owner)) {
      const paths = uploads.map(({ path }) => path);
      const all = await unlessRefused(this.#signed.credentialsForWrite(owner.run_id, paths, options));
      if (all === undefined) return refused;
      credentials = all;
    }
    for (const { path, source } of uploads) {
      await unlessRefused(this.#upload(owner, path, await fileSource(source), options, credentials.get(path)));
    }
    return refused;
  }

  /** Gets the artifact `path` into the file `target`, which appears when it is complete. */
  async downloadArtifact(owner: ArtifactOwner, path: string, target: string, options: CallOptions = {}): Promise<void> {
    await mkdir(dirname(target), { recursive: true });
    const partial = `${target}.${process.pid}.part`;
    try {
      await this.#download(owner, path, () => createWriteStream(partial), options);
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** The content of the artifact `path`. */
  async readArtifact(owner: ArtifactOwner, path: string, options: CallOptions = {}): Promise<Uint8Array> {
    let chunks: Buffer[] = [];
    const open = () => {
      chunks = [];
      return new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
    };
    await this.#download(owner, path, open, options);
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

  /** Databricks has no call for this. */
  async deleteArtifact(owner: ArtifactOwner, path: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#http.requestText({ method: "DELETE", path: proxyPath(owner, path), isIdempotent: true, signal });
  }

  async #upload(
    owner: ArtifactOwner,
    path: string,
    source: FileSource,
    options: CallOptions,
    credential?: Credential,
  ): Promise<void> {
    if (isSigned(owner)) {
      checkArtifactPath(path);
      await this.#signed.upload(owner.run_id, path, source, options, credential);
      return;
    }
    const file = { sizeBytes: source.sizeBytes, open: () => source.open(0, source.sizeBytes) };
    const headers = { "Content-Type": "application/octet-stream" };
    const call: Call = { method: "PUT", path: proxyPath(owner, path), headers, file, isIdempotent: true, ...options };
    await this.#http.requestText(call);
  }

  async #download(
    owner: ArtifactOwner,
    path: string,
    open: () => NodeJS.WritableStream,
    options: CallOptions,
  ): Promise<void> {
    if (isSigned(owner)) {
      checkArtifactPath(path);
      await this.#signed.download(owner.run_id, path, open, options);
      return;
    }
    await this.#http.download({ method: "GET", path: proxyPath(owner, path), isIdempotent: true, ...options }, open);
  }
}

const ListPage = z.object({
  files: z._default(z.array(schemas.FileInfo), []),
  next_page_token: z.optional(z.string()),
});

/** Whether a Databricks workspace keeps the files where only signed requests get at them. */
function isSigned({ artifact_uri }: ArtifactOwner): boolean {
  return /^dbfs:(\/\/[^/]*)?\/databricks\/mlflow-tracking\//.test(artifact_uri);
}

/** Whether the server has understood and won't take a file. 404 is the whole run's: it is gone. */
function isRefusedFile(error: MlflowError): boolean {
  return [400, 409, 413, 422].includes(error.status ?? 0);
}

/** The proxy's path of an artifact. */
function proxyPath(owner: ArtifactOwner, path: string): string {
  checkArtifactPath(path);
  const root = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(owner.artifact_uri)?.[1];
  if (root === undefined) throw notProxied(owner);
  const encoded = `${root}/${path}`.split("/").map(encodeURIComponent).join("/");
  return `/api/2.0/mlflow-artifacts/artifacts/${encoded}`;
}

function notProxied({ artifact_uri, run_id }: ArtifactOwner): MlflowError {
  const place = artifact_uri.replace(/[?#].*$/, "");
  const advice = place.startsWith("dbfs:")
    ? "Use an experiment that keeps its files in the default place"
    : "Start the server with --serve-artifacts and use a new experiment, as one keeps its place";
  return new MlflowError({
    errorCode: "ARTIFACTS_NOT_PROXIED",
    message: `Files can't be sent: the server keeps this experiment's in ${place} and doesn't serve them. ${advice}`,
    request: `artifacts of run ${run_id}`,
  });
}
