import { basename } from "node:path";
import { type ExecutorOptions, ExecutorProcess, ProjectLoadError } from "../executor/executor-process.ts";
import { defaultJobs, resolveLimits } from "../executor/limits.ts";
import type { ProjectDescription } from "../executor/protocol.ts";
import { type Bundle, bundleProject } from "./bundle.ts";
import { writeEditorTypes } from "./editor-types.ts";
import { CONFIG_FILE } from "./find-project.ts";
import { ProjectError } from "./project-error.ts";

/** A project that is ready to run, with the executor that loaded it. */
export interface LoadedProject extends Disposable {
  readonly dir: string;
  readonly bundle: Bundle;
  readonly description: ProjectDescription;
  readonly executor: ExecutorProcess;
}

export interface LoadOptions extends Pick<ExecutorOptions, "env" | "onPrint"> {
  readonly dir: string;
  /** Folder of the runner's own `index.js` and `executor.js`. */
  readonly runnerDir: string;
}

/**
 * Bundles the project and loads it in an executor; the runner itself never runs the user's code.
 *
 * @throws ProjectError with the place in the user's source.
 */
export async function loadProject({ dir, runnerDir, env, onPrint }: LoadOptions): Promise<LoadedProject> {
  const [bundle] = await Promise.all([bundleProject(dir, runnerDir), writeEditorTypes(dir, runnerDir)]);
  const { memoryMiB } = resolveLimits({}, defaultJobs());
  try {
    const { executor, project } = await ExecutorProcess.start({
      bundle: bundle.path,
      cwd: dir,
      env,
      memoryMiB,
      onPrint,
    });
    return { dir, bundle, description: project, executor, [Symbol.dispose]: () => executor[Symbol.dispose]() };
  } catch (error) {
    throw error instanceof ProjectLoadError ? loadError(error, dir) : error;
  }
}

function loadError(error: ProjectLoadError, dir: string): ProjectError {
  const { name, message, location } = error.failure;
  const place =
    location === null ? `${basename(dir)}/${CONFIG_FILE}` : `${location.file}:${location.line}:${location.column}`;
  return new ProjectError("PROJECT_LOAD", `${place}: ${name === "Error" ? "" : `${name}: `}${message}`, location, {
    cause: error,
  });
}
