import type { ScenarioKey } from "../data/scenario.ts";
import { type KeyColumn, parseScenarioKey, ScenarioKeyError } from "../data/scenario.ts";
import type { Engine } from "../engines/engine.ts";
import { findProject } from "../project/find-project.ts";
import { type LoadedProject, loadProject } from "../project/load-project.ts";
import { openEngine, type Session } from "../runs/session.ts";
import { note, type Terminal } from "./terminal.ts";

/** What a command gets from the process. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Folder of the runner's own built files. */
  readonly runnerDir: string;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Loads the project of `--project` (or of the working directory). */
export function openProject(invocation: Invocation, folder: string | undefined): Promise<LoadedProject> {
  const { terminal, env, cwd, runnerDir, signal } = invocation;
  const onPrint = (line: string) => note(terminal, line);
  return loadProject({ dir: findProject(folder, cwd), runnerDir, env, onPrint, signal });
}

/** Runs a command's body with a session, and ends everything that the session started. */
export async function withSession<T>(
  invocation: Invocation,
  folder: string | undefined,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  using project = await openProject(invocation, folder);
  await using engine = await openEngine(project);
  return await body({ project, engine, env: invocation.env, onPrint: (line) => note(invocation.terminal, line) });
}

/**
 * Scenarios as they are typed: `store=2,brand=1`, or in parts (`store=2 brand=1`), any number of them.
 *
 * @throws ScenarioKeyError
 */
export async function parseScenarios(
  engine: Engine,
  scenarioKey: readonly string[],
  texts: readonly string[],
): Promise<ScenarioKey[]> {
  const schema = await engine.schema();
  const columns = scenarioKey.map((name): KeyColumn => {
    const column = schema.find((candidate) => candidate.name === name);
    return { name, type: column?.keyType ?? "string" };
  });
  const keys: ScenarioKey[] = [];
  let partial = "";
  for (const text of texts) {
    if (text.trim() === "") throw new ScenarioKeyError("--scenario names no scenario; give key=value");
    const joined: string = partial === "" ? text : `${partial},${text}`;
    // Only a text that names too few columns may be continued by the next one.
    const missing = missingColumns(joined, columns);
    const isWhole = missing.length === 0;
    if (isWhole) keys.push(parseScenarioKey(joined, columns));
    partial = isWhole ? "" : joined;
  }
  if (partial !== "") {
    const missing = missingColumns(partial, columns).join(" and ");
    throw new ScenarioKeyError(
      `--scenario ${partial} does not say which ${missing}; for several scenarios use --where "..."`,
    );
  }
  return keys;
}

/** The key columns that a text gives no value of. */
function missingColumns(text: string, columns: readonly KeyColumn[]): string[] {
  const parts = text.split(/[,/]/).map((part) => part.trimStart());
  return columns.map(({ name }) => name).filter((name) => !parts.some((part) => part.startsWith(`${name}=`)));
}
