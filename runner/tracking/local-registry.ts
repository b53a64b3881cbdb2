import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { folderNames } from "./folder-names.ts";
import { safeKey } from "./keys.ts";
import { readMeta } from "./meta-file.ts";
import { yamlJson } from "./model.ts";
import type { Staging } from "./staging.ts";

/** A version of a registered model; `source` is the address of the model's artifact folder. */
export interface LocalModelVersion {
  readonly name: string;
  readonly version: number;
  readonly runId: string | undefined;
  readonly source: string | undefined;
}

const VersionMeta = z.looseObject({
  version: z.coerce.number(),
  run_id: z.optional(z.nullable(z.string())),
  source: z.optional(z.nullable(z.string())),
});

/** The registered models of a tracking folder, in the layout of MLflow's own registry in a folder (`mlruns/models`). */
export class LocalRegistry {
  readonly folder: string;
  readonly #staging: Staging;

  constructor(folder: string, staging: Staging) {
    this.folder = folder;
    this.#staging = staging;
  }

  /**
   * Adds a version of the model `name` for `origin` and moves `aliases` to it. If that run already has a version of
   * it from the same source, it is that one: a run that is written again makes no second version.
   */
  async register(
    model: { readonly name: string; readonly aliases?: readonly string[] },
    origin: { readonly runId: string; readonly source: string },
  ): Promise<LocalModelVersion> {
    const name = registeredName(model.name);
    await this.#createModel(name);
    const version = await this.#version(name, origin);
    for (const alias of model.aliases ?? []) await this.#setAlias(name, alias, version.version);
    return version;
  }

  /** Names of all registered models. */
  async names(): Promise<string[]> {
    return folderNames(this.folder);
  }

  /** The versions of a registered model, oldest first. */
  async versions(name: string): Promise<LocalModelVersion[]> {
    const versions: LocalModelVersion[] = [];
    for (const folder of await folderNames(join(this.folder, name))) {
      if (!/^version-\d+$/.test(folder)) continue;
      const meta = VersionMeta.safeParse(
        await readMeta(join(this.folder, name, folder, "meta.yaml")).catch(() => undefined),
      );
      if (!meta.success) continue;
      const { version, run_id, source } = meta.data;
      versions.push({ name, version, runId: run_id ?? undefined, source: source ?? undefined });
    }
    return versions.sort((a, b) => a.version - b.version);
  }

  /** The aliases of a registered model and the versions they point to. */
  async aliases(name: string): Promise<Map<string, number>> {
    const folder = join(this.folder, name, "aliases");
    const aliases = new Map<string, number>();
    for (const alias of await readdir(folder).catch(() => [])) {
      const version = Number((await readFile(join(folder, alias), "utf8")).trim());
      if (Number.isInteger(version)) aliases.set(alias, version);
    }
    return aliases;
  }

  async #createModel(name: string): Promise<void> {
    const staged = this.#staging.newPath();
    const now = Date.now();
    await mkdir(staged);
    await writeFile(
      join(staged, "meta.yaml"),
      yamlJson({ creation_timestamp: now, description: null, last_updated_timestamp: now, name }),
    );
    await this.#staging.placeFolder(staged, join(this.folder, name));
  }

  async #version(
    name: string,
    origin: { readonly runId: string; readonly source: string },
  ): Promise<LocalModelVersion> {
    for (;;) {
      const versions = await this.versions(name);
      const same = versions.find((version) => version.runId === origin.runId && version.source === origin.source);
      if (same !== undefined) return same;
      const version = (versions.at(-1)?.version ?? 0) + 1;
      const staged = this.#staging.newPath();
      const now = Date.now();
      const meta = {
        creation_timestamp: now,
        current_stage: "None",
        description: null,
        last_updated_timestamp: now,
        name,
        run_id: origin.runId,
        run_link: null,
        source: origin.source,
        status: "READY",
        status_message: null,
        storage_location: origin.source,
        user_id: null,
        version,
      };
      await mkdir(staged);
      await writeFile(join(staged, "meta.yaml"), yamlJson(meta));
      // Another process may take the same number first; then the next one is tried.
      if (await this.#staging.placeFolder(staged, join(this.folder, name, `version-${version}`))) {
        return { name, version, ...origin };
      }
    }
  }

  async #setAlias(name: string, alias: string, version: number): Promise<void> {
    await this.#staging.replaceFile(
      join(this.folder, name, "aliases", safeKey(alias).replaceAll("/", ".")),
      `${version}`,
    );
  }
}

/** A registered model's name is a folder here; MLflow refuses `/` and `:` in it. */
function registeredName(name: string): string {
  return safeKey(name).replaceAll("/", ".");
}
