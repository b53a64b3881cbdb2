import { dirname, join, sep } from "node:path";
import { type ExecutorOptions, ExecutorProcess, ProjectLoadError } from "../executor/executor-process.ts";
import { defaultJobs, resolveLimits } from "../executor/limits.ts";
import type { ProjectDescription } from "../executor/protocol.ts";
import { type Bundle, bundleProject } from "./bundle.ts";
import { CONFIG_FILE } from "./find-project.ts";
import { prepareOwnFolder } from "./own-folder.ts";
import { ProjectError } from "./project-error.ts";

/** A project that is ready to run, with the executor that loaded it. */
export interface LoadedProject extends Disposable {
  readonly dir: string;
  readonly bundle: Bundle;
  readonly description: ProjectDescription;
  readonly executor: ExecutorProcess;
}

export interface LoadOptions extends Pick<ExecutorOptions, "env" | "onPrint" | "signal"> {
  readonly dir: string;
  /** Folder of the runner's own `index.js` and `executor.js`. */
  readonly runnerDir: string;
}

/**
 * Bundles the project and loads it in an executor; the runner itself never runs the user's code.
 *
 * @throws ProjectError with the place in the user's source; AbortError when the signal is given meanwhile.
 */
export async function loadProject(options: LoadOptions): Promise<LoadedProject> {
  const { dir, runnerDir, signal } = options;
  // First, as esbuild reads the settings too.
  await prepareOwnFolder(dir, runnerDir);
  const bundle = await bundleProject(dir, runnerDir);
  const { memoryMiB } = resolveLimits({}, defaultJobs());
  try {
    const { executor, project } = await ExecutorProcess.start({
      ...options,
      bundle: bundle.path,
      cwd: dir,
      memoryMiB,
    });
    return { dir, bundle, description: project, executor, [Symbol.dispose]: () => executor[Symbol.dispose]() };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ProjectLoadError ? loadError(error, dir, dirname(runnerDir)) : error;
  }
}

function loadError(error: ProjectLoadError, dir: string, runnerPackage: string): ProjectError {
  const { name, message } = error.failure;
  // What is declared wrongly is found by the runner afterwards; that place would tell the user nothing.
  const isOurs = (file: string) => [join(dir, ".scenario"), runnerPackage].some((ours) => file.startsWith(ours + sep));
  const location =
    error.failure.location === null || isOurs(error.failure.location.file) ? null : error.failure.location;
  const place = location === null ? join(dir, CONFIG_FILE) : `${location.file}:${location.line}:${location.column}`;
  return new ProjectError("PROJECT_LOAD", `${place}: ${name === "Error" ? "" : `${name}: `}${message}`, location, {
    cause: error,
  });
}
