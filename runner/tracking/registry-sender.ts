import type { LocalModelVersion, LocalRegistry } from "./local-registry.ts";
import type { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import { isRefused } from "./run-sender.ts";
import type { SentJournal } from "./sent-journal.ts";
import type { RefusedRun } from "./sync.ts";

/** Copies the registered models of a folder to a server, for the runs that the server has. */
export class RegistrySender {
  readonly #registry: LocalRegistry;
  readonly #client: MlflowClient;
  readonly #journal: SentJournal;
  readonly #options: { readonly signal?: AbortSignal };

  constructor(registry: LocalRegistry, client: MlflowClient, journal: SentJournal, signal: AbortSignal | undefined) {
    this.#registry = registry;
    this.#client = client;
    this.#journal = journal;
    this.#options = signal === undefined ? {} : { signal };
  }

  /** Sends what the server lacks; returns the versions that it refuses. */
  async send(): Promise<RefusedRun[]> {
    const refused: RefusedRun[] = [];
    for (const name of await this.#registry.names()) {
      const aliases = await this.#registry.aliases(name);
      for (const version of await this.#registry.versions(name)) {
        const own = [...aliases].filter(([, target]) => target === version.version).map(([alias]) => alias);
        try {
          await this.#sendVersion(version, own.sort());
        } catch (error) {
          if (!(error instanceof MlflowError) || !isRefused(error)) throw error;
          refused.push({ runId: "", runName: `${name} version ${version.version}`, message: error.message });
        }
      }
    }
    return refused;
  }

  async #sendVersion(local: LocalModelVersion, aliases: readonly string[]): Promise<void> {
    const journalId = `${local.name}/${local.version}`;
    const serverRunId = local.runId === undefined ? undefined : this.#journal.serverRunOf(local.runId);
    const path = local.source?.split("/artifacts/").at(-1);
    if (serverRunId === undefined || path === undefined) return;
    const state = [serverRunId, ...aliases].join("/");
    if (this.#journal.isRegistered(journalId, state)) return;
    const source = `${(await this.#client.getRun(serverRunId, this.#options)).info.artifact_uri}/${path}`;
    await this.#createModel(local.name);
    const version = await this.#findOrCreateVersion(local.name, serverRunId, source);
    for (const alias of aliases) {
      await this.#client.registry.setRegisteredModelAlias(local.name, alias, version, this.#options);
    }
    await this.#journal.registered(journalId, state);
  }

  async #createModel(name: string): Promise<void> {
    try {
      await this.#client.registry.createRegisteredModel(name, this.#options);
    } catch (error) {
      if (!(error instanceof MlflowError) || error.errorCode !== "RESOURCE_ALREADY_EXISTS") throw error;
    }
  }

  async #findOrCreateVersion(name: string, runId: string, source: string): Promise<string> {
    const filter = `run_id = '${runId}'`;
    for await (const version of this.#client.registry.searchModelVersions({ filter, ...this.#options })) {
      if (version.name === name && version.source === source) return version.version;
    }
    const created = await this.#client.registry.createModelVersion({ name, source, runId }, this.#options);
    return created.version;
  }
}
