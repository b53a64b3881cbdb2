import * as http from "node:http";
import * as https from "node:https";
import type { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { type Backoff, parseRetryAfter, retryDelayMs, wait } from "./backoff.ts";
import { systemErrorCode } from "./errors.ts";
import { MlflowError } from "./mlflow-error.ts";

/** How to reach a server. */
export interface Connection {
  /** Address of the server, without `/` at the end. */
  readonly baseUrl: string;
  /** Sent with each request, e.g. `Authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: Pick<https.AgentOptions, "ca" | "cert" | "key" | "rejectUnauthorized">;
  /** For a whole call with a JSON answer; for a file, the longest time without any byte. */
  readonly timeoutMs: number;
  readonly backoff: Backoff;
}

/** One call. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path below the server's address, with `/` at the start, already percent-encoded. */
  readonly path: string;
  /** An array repeats its key. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** An address that another host has signed: its query is sent as it is, and never shown, as it is a key. */
  readonly signed?: { readonly host: string; readonly query: string };
  /** A file to send: opened anew for each try. */
  readonly file?: { readonly open: () => Readable; readonly sizeBytes: number };
  /** Whether doing it twice is the same as doing it once. Only then is it tried again after a failure. */
  readonly isIdempotent: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Answers to JSON calls are small; this bounds what a wrong server can make us hold. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;

/** uvicorn and gunicorn close idle connections after 5 and 2 seconds: ours go first, or a request meets a closed one. */
const IDLE_CONNECTION_MS = 1500;

/** An HTTP connection to one server: keep-alive, time limits, retries of idempotent calls. No global state. */
export class HttpConnection implements Disposable {
  readonly #connection: Connection;
  readonly #agent: http.Agent;

  constructor(connection: Connection) {
    this.#connection = connection;
    const options = { keepAlive: true, maxSockets: 16, timeout: IDLE_CONNECTION_MS };
    this.#agent = connection.baseUrl.startsWith("https:")
      ? new https.Agent({ ...options, ...connection.tls })
      : new http.Agent(options);
  }

  get baseUrl(): string {
    return this.#connection.baseUrl;
  }

  /** How long it waits and how often it tries. */
  get limits(): Pick<Connection, "timeoutMs" | "backoff"> {
    const { timeoutMs, backoff } = this.#connection;
    return { timeoutMs, backoff };
  }

  /** The JSON answer to `call`; `{}` for an empty one. @throws MlflowError */
  async requestJson(call: Call): Promise<unknown> {
    return this.#retrying(call, async () => {
      const { text } = await this.#exchange(call, this.#connection.timeoutMs);
      if (text === "") return {};
      try {
        return JSON.parse(text);
      } catch (error) {
        throw new MlflowError({
          errorCode: "NOT_MLFLOW",
          message: "The answer is not JSON",
          ...namesOf(call),
          status: 200,
          cause: error,
        });
      }
    });
  }

  /** The text answer to `call`, e.g. of a file upload. @throws MlflowError */
  async requestText(call: Call): Promise<string> {
    const limit = call.file === undefined ? this.#connection.timeoutMs : undefined;
    return this.#retrying(call, async () => (await this.#exchange(call, limit)).text);
  }

  /** Streams the answer to `call` into what `open` returns, which is opened anew for each try. @throws MlflowError */
  async download(call: Call, open: () => NodeJS.WritableStream): Promise<void> {
    await this.#retrying(call, async () => {
      const response = await this.#send(call);
      if (!isSuccess(response)) throw await failureOf(call, response);
      try {
        await pipeline(response, open(), ...(call.signal === undefined ? [] : [{ signal: call.signal }]));
      } catch (error) {
        throw connectionFailure(call, error);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #retrying<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    const { backoff } = this.#connection;
    for (let retry = 0; ; retry++) {
      call.signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        call.signal?.throwIfAborted();
        const mayRetry = call.isIdempotent && error instanceof MlflowError && error.isTransient;
        if (!mayRetry || retry >= backoff.maxRetries) throw error;
        await wait(retryDelayMs(backoff, retry, error.retryAfterMs), call.signal);
      }
    }
  }

  async #exchange(call: Call, totalTimeoutMs: number | undefined): Promise<{ text: string }> {
    let response: http.IncomingMessage | undefined;
    const limit = new AbortController();
    const timer = totalTimeoutMs === undefined ? undefined : setTimeout(() => limit.abort(), totalTimeoutMs);
    try {
      response = await this.#send(call, limit.signal);
      if (!isSuccess(response)) throw await failureOf(call, response);
      return { text: await readText(response, limit.signal) };
    } catch (error) {
      if (limit.signal.aborted) throw timeoutFailure(call, this.#connection.timeoutMs);
      throw error instanceof MlflowError ? error : connectionFailure(call, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #send(call: Call, limit?: AbortSignal): Promise<http.IncomingMessage> {
    const url = new URL(this.#connection.baseUrl + call.path);
    addQuery(url, call.query);
    if (call.signed !== undefined) url.search = call.signed.query;
    const body = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));
    const headers: http.OutgoingHttpHeaders = {
      Accept: "application/json",
      ...this.#connection.headers,
      ...call.headers,
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (call.method !== "GET") headers["Content-Length"] = body?.length ?? call.file?.sizeBytes ?? 0;
    const { request } = url.protocol === "https:" ? https : http;
    const signals = [call.signal, limit].filter((signal) => signal !== undefined);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: call.method,
        headers,
        agent: this.#agent,
        ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
      });
      outgoing.on("response", resolve);
      outgoing.on("error", (error) => reject(connectionFailure(call, error)));
      // Without any byte for this long, the other side is gone.
      outgoing.setTimeout(this.#connection.timeoutMs, () =>
        outgoing.destroy(timeoutFailure(call, this.#connection.timeoutMs)),
      );
      if (call.file === undefined) outgoing.end(body);
      else pipeline(call.file.open(), outgoing).catch((error) => outgoing.destroy(error));
    });
  }
}

function addQuery(url: URL, query: Call["query"]): void {
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of typeof value === "object" ? value : [value]) url.searchParams.append(key, String(item));
  }
}

function isSuccess(response: http.IncomingMessage): boolean {
  return response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300;
}

async function readText(response: http.IncomingMessage, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  response.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) response.destroy(new Error("The answer is too large"));
    else chunks.push(chunk);
  });
  await finished(response, signal === undefined ? {} : { signal });
  return Buffer.concat(chunks).toString("utf8");
}

/** The error in an answer: MLflow's JSON, or what a proxy or another server says instead. */
async function failureOf(call: Call, response: http.IncomingMessage): Promise<MlflowError> {
  const text = await readText(response).catch(() => "");
  const status = response.statusCode ?? 0;
  const described = describedError(text);
  const isOfStorage = call.signed !== undefined;
  const isForeign = !isOfStorage && described === undefined && (status === 404 || (status >= 300 && status < 400));
  return new MlflowError({
    errorCode: described?.errorCode ?? (isForeign ? "NOT_MLFLOW" : `HTTP_${status}`),
    message: described?.message ?? `The server answered ${status} ${response.statusMessage ?? ""}`.trimEnd(),
    ...namesOf(call),
    status,
    retryAfterMs: parseRetryAfter(response.headers["retry-after"], Date.now()),
  });
}

function describedError(text: string): { errorCode: string; message: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return storageError(text);
  }
  if (typeof value !== "object" || value === null || !("error_code" in value)) return undefined;
  const errorCode = String(value.error_code);
  return { errorCode, message: "message" in value && typeof value.message === "string" ? value.message : errorCode };
}

/** The error that object stores of Amazon, Google and Azure describe in XML. */
function storageError(text: string): { errorCode: string; message: string } | undefined {
  const errorCode = /<Error>[\s\S]*?<Code>([^<]+)<\/Code>/.exec(text)?.[1];
  if (errorCode === undefined) return undefined;
  const message = /<Message>([^<]*)/.exec(text)?.[1].split("\n")[0].trim();
  return { errorCode, message: message || errorCode };
}

function connectionFailure(call: Call, error: unknown): unknown {
  if (error instanceof MlflowError || call.signal?.aborted) return error;
  const code = systemErrorCode(error) ?? "";
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/.test(code);
  const reason = error instanceof Error && error.message !== "" ? error.message : code;
  return new MlflowError({
    errorCode: isCertificate ? "CERTIFICATE_INVALID" : "CONNECTION_FAILED",
    message: isCertificate ? `The server's certificate is not accepted: ${reason}` : `No connection: ${reason}`,
    ...namesOf(call),
    cause: error,
  });
}

function timeoutFailure(call: Call, timeoutMs: number): MlflowError {
  return new MlflowError({
    errorCode: "TIMEOUT",
    message: `No answer within ${timeoutMs / 1000} s`,
    ...namesOf(call),
  });
}

/** What a failure says of its call: nothing of the query, which may be secret. */
function namesOf({ method, path, signed }: Call): { request: string; storage?: string } {
  if (signed === undefined) return { request: `${method} ${path}` };
  return { request: `${method} of a file at ${signed.host}`, storage: signed.host };
}
