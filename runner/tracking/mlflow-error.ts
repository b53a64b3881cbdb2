/** How a call to an MLflow server failed. */
export interface MlflowFailure {
  /** MLflow's `error_code` (`RESOURCE_ALREADY_EXISTS`), or `HTTP_502`, `CONNECTION_FAILED`, `TIMEOUT`, `INVALID_RESPONSE`. */
  readonly errorCode: string;
  readonly message: string;
  /** Method and path, without query, body or headers: they may hold secrets. */
  readonly request: string;
  /** The host of an object store, if it failed there and not at the MLflow server. */
  readonly storage?: string | undefined;
  /** HTTP status; `undefined` if no answer came. */
  readonly status?: number | undefined;
  /** What the server asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call to an MLflow server that failed; the message ends with what can be done about it. */
export class MlflowError extends Error {
  override readonly name = "MlflowError";
  readonly errorCode: string;
  readonly request: string;
  readonly storage: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(failure: MlflowFailure) {
    const advice = adviceFor(failure);
    super(`${failure.message} (${failure.request})${advice === "" ? "" : `. ${advice}`}`, { cause: failure.cause });
    this.errorCode = failure.errorCode;
    this.request = failure.request;
    this.storage = failure.storage;
    this.status = failure.status;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** Whether the same call may succeed later: no connection, no answer in time, too many requests, a server error. */
  get isTransient(): boolean {
    if (this.status === undefined) return this.errorCode === "CONNECTION_FAILED" || this.errorCode === "TIMEOUT";
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether a file, now and later, can't be sent to where the server keeps its files; the rest of its run can. */
  get isOfFile(): boolean {
    return this.errorCode === "ARTIFACTS_NOT_PROXIED" || (this.storage !== undefined && !this.isTransient);
  }
}

function adviceFor({ errorCode, status, storage }: MlflowFailure): string {
  if (storage !== undefined) return storageAdvice(storage, status);
  if (status === 401) {
    return "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; for Databricks DATABRICKS_HOST and DATABRICKS_TOKEN";
  }
  if (status === 403) return "Ask for permission to this experiment or model, or use another user";
  if (status === 413) return "The server or a proxy before it limits the size of requests: raise its limit";
  if (errorCode === "CERTIFICATE_INVALID") {
    return "Set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of the authority that signed it, or, for a test, MLFLOW_TRACKING_INSECURE_TLS=true";
  }
  if (errorCode === "CONNECTION_FAILED") return "Check the address in MLFLOW_TRACKING_URI and that the server runs";
  if (errorCode === "NOT_MLFLOW") return "Check that MLFLOW_TRACKING_URI is the address of an MLflow server";
  return "";
}

function storageAdvice(storage: string, status: number | undefined): string {
  if (status === undefined) {
    return `The workspace keeps files there: check that this machine may reach ${storage} (firewall, private link)`;
  }
  if (status === 401 || status === 403) {
    return `The workspace's signed address is not accepted: check the clock of this machine and the network rules of ${storage}`;
  }
  return "";
}
