import type { RunArtifact } from "./run-record.ts";

/** What `JSON.stringify` can write. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * A trained model: its files and the flavors by which MLflow's readers know them. It is kept as an artifact folder of
 * its run with an `MLmodel` file, so that `runs:/<run>/<name>` names it and the registry can hold it.
 */
export interface RunModel {
  /** Folder among the run's artifacts, e.g. `model`. */
  readonly name: string;
  readonly files: readonly RunArtifact[];
  readonly flavors: { readonly [flavor: string]: { readonly [key: string]: JsonValue | undefined } };
  /** JSON texts of MLflow's column specifications. */
  readonly signature?: { readonly inputs: string; readonly outputs: string };
  readonly metadata?: { readonly [key: string]: JsonValue | undefined };
  /** Adds a version to this registered model, and moves the aliases to it. */
  readonly register?: { readonly name: string; readonly aliases?: readonly string[] };
}

/** The artifacts of `model`: its files and the `MLmodel` file, which MLflow reads as YAML and JSON is. */
export function modelArtifacts(model: RunModel, createdMs: number): RunArtifact[] {
  // No run id inside: the run has another one on a server that it is copied to.
  const description = {
    artifact_path: model.name,
    flavors: model.flavors,
    signature: model.signature,
    metadata: model.metadata,
    utc_time_created: new Date(createdMs).toISOString().replace("T", " ").replace("Z", ""),
  };
  return [
    { path: `${model.name}/MLmodel`, bytes: Buffer.from(yamlJson(description)) },
    ...model.files.map((file) => ({ path: `${model.name}/${file.path}`, bytes: file.bytes })),
  ];
}

/** JSON that a YAML reader takes too: YAML refuses some characters that JSON lets pass. */
export function yamlJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
