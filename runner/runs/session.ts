import type { Engine } from "../engines/engine.ts";
import type { PoolOptions } from "../executor/batch.ts";
import { type ResolvedLimits, resolveLimits } from "../executor/limits.ts";
import { ExecutorPool } from "../executor/pool.ts";
import type { LoadedProject } from "../project/load-project.ts";
import { openTracker, type Tracker } from "../tracking/tracker.ts";
import { parseTrackingUri } from "../tracking/tracking-uri.ts";

/** What a command works with: the loaded project, its engine, and the environment. Whoever opens it disposes it. */
export interface Session {
  readonly project: LoadedProject;
  readonly engine: Engine;
  readonly env: NodeJS.ProcessEnv;
  /** What the user's code prints, line by line. */
  readonly onPrint: (line: string) => void;
}

/** The engine that the project asks for; its native module is loaded only now. */
export async function openEngine(project: LoadedProject): Promise<Engine> {
  const { createDuckDbEngine } = await import("../engines/duckdb/engine.ts");
  return createDuckDbEngine({
    data: project.description.data,
    projectDir: project.dir,
    options: project.description.engine.options,
  });
}

/** Where runs go: the project's setting, else `MLFLOW_TRACKING_URI`, else `./mlruns`. */
export function trackingUri({ project, env }: Pick<Session, "project" | "env">): string {
  return project.description.tracking.uri ?? env.MLFLOW_TRACKING_URI ?? "./mlruns";
}

/** The folder that runs are written to, where it is one of this machine. */
export function trackingFolders(session: Pick<Session, "project" | "env">): string[] {
  const target = parseTrackingUri(trackingUri(session), session.project.dir);
  return target.kind === "folder" ? [target.folder] : [];
}

export function experimentName({ project, env }: Pick<Session, "project" | "env">): string {
  return project.description.tracking.experiment ?? env.MLFLOW_EXPERIMENT_NAME ?? project.description.name;
}

export function openSessionTracker(session: Session): Promise<Tracker> {
  const { project, env } = session;
  return openTracker({ uri: trackingUri(session), experiment: experimentName(session), projectDir: project.dir, env });
}

/** Executors for one run, the one that loaded the project among them. */
export function openPool(session: Session, options: Pick<PoolOptions, "jobs" | "numThreads" | "stages">): ExecutorPool {
  const { project, env, onPrint } = session;
  const limits: ResolvedLimits = resolveLimits(project.description.limits, options.jobs);
  return new ExecutorPool(
    { ...options, limits, bundle: project.bundle.path, cwd: project.dir, env, onPrint },
    project.executor,
  );
}
