import * as z from "zod/mini";
import type { HttpConnection } from "./http.ts";
import { type CallOptions, callApi, Empty } from "./rest.ts";

const Me = z.object({ userName: z.string() });

/** What a Databricks workspace has beside MLflow: users, and folders, as experiments are files in there. */
export class DatabricksWorkspace {
  readonly #http: HttpConnection;
  #userName: string | undefined;

  constructor(http: HttpConnection) {
    this.#http = http;
  }

  /**
   * The experiment's path in the workspace: names that are none (`demand`) are put into the home folder of the user.
   * `/Workspace` in front is the same place, but MLflow's calls don't find an experiment by it.
   */
  async experimentPath(name: string, { signal }: CallOptions = {}): Promise<string> {
    if (!name.startsWith("/") && this.#userName === undefined) {
      const call = { method: "GET", path: "/api/2.0/preview/scim/v2/Me", isIdempotent: true, signal } as const;
      this.#userName = (await callApi(this.#http, call, Me)).userName;
    }
    return this.knownPath(name);
  }

  /** {@link experimentPath}, with a placeholder for the user's name as long as the workspace was not asked for it. */
  knownPath(name: string): string {
    if (name.startsWith("/")) return name.replace(/^\/Workspace(?=\/)/, "");
    return `/Users/${this.#userName ?? "<you>"}/${name}`;
  }

  /** Makes the folder `path` and those above it; one that is there stays. */
  async makeFolder(path: string, { signal }: CallOptions = {}): Promise<void> {
    const call = {
      method: "POST",
      path: "/api/2.0/workspace/mkdirs",
      json: { path },
      isIdempotent: true,
      signal,
    } as const;
    await callApi(this.#http, call, Empty);
  }
}
