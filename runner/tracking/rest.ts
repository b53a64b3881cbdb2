import * as z from "zod/mini";
import type { Call, HttpConnection } from "./http.ts";
import { MlflowError } from "./mlflow-error.ts";

/** Paths of the REST API 2.0. */
export const API = "/api/2.0/mlflow";

/** Options that every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The answer to `call`, checked against `schema`. @throws MlflowError, `INVALID_RESPONSE` for an unexpected answer */
export async function callApi<T extends z.core.$ZodType>(
  http: HttpConnection,
  call: Call,
  schema: T,
): Promise<z.infer<T>> {
  const answer = await http.requestJson(call);
  const parsed = z.safeParse(schema, answer);
  if (parsed.success) return parsed.data;
  throw new MlflowError({
    errorCode: "INVALID_RESPONSE",
    message: `The server's answer is not what MLflow's REST API 2.0 describes: ${z.prettifyError(parsed.error)}`,
    request: `${call.method} ${call.path}`,
    status: 200,
  });
}

/** For answers that carry nothing. */
export const Empty = z.unknown();
