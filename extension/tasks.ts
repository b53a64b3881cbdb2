import { dirname, relative } from "node:path";
import * as vscode from "vscode";

/** The `type` of our tasks in `tasks.json`; declared in `package.json`. */
export const taskType = "scenario";

/** What a task runs: a command of the runner's command line. */
interface ScenarioTaskDefinition extends vscode.TaskDefinition {
  readonly command: "train" | "list";
  /** The project's folder, relative to the workspace folder; default: the workspace folder. */
  readonly project?: string;
}

const commandArguments = { train: ["train", "--all"], list: ["list"] } as const;
const commandNames = { train: "train all", list: "list" } as const;

function isScenarioDefinition(definition: vscode.TaskDefinition): definition is ScenarioTaskDefinition {
  const { command, project } = definition;
  return (command === "train" || command === "list") && (project === undefined || typeof project === "string");
}

/** Offers `scenario: train all` and `scenario: list` for every project of the workspace. */
export class ScenarioTaskProvider implements vscode.TaskProvider {
  readonly #commandLine: vscode.Uri;

  /** @param commandLine The runner's program, a JavaScript file. */
  constructor(commandLine: vscode.Uri) {
    this.#commandLine = commandLine;
  }

  async provideTasks(token: vscode.CancellationToken): Promise<vscode.Task[]> {
    const configs = await vscode.workspace.findFiles("**/scenario.config.ts", "**/node_modules/**", undefined, token);
    return configs.flatMap((config) => {
      const folder = vscode.workspace.getWorkspaceFolder(config);
      if (folder === undefined) return [];
      const project = relative(folder.uri.fsPath, dirname(config.fsPath));
      return (["train", "list"] as const).map((command) =>
        this.#task({ type: taskType, command, ...(project === "" ? {} : { project }) }, folder),
      );
    });
  }

  /** Completes a task that the user wrote in `tasks.json`. */
  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const { definition, scope } = task;
    if (!isScenarioDefinition(definition) || typeof scope !== "object") return undefined;
    return this.#task(definition, scope);
  }

  #task(definition: ScenarioTaskDefinition, folder: vscode.WorkspaceFolder): vscode.Task {
    const { command, project } = definition;
    const args = [this.#commandLine.fsPath, ...commandArguments[command], "--project", project ?? "."];
    // The editor's own Node: a user of the extension needs no other.
    const env = { ELECTRON_RUN_AS_NODE: "1" };
    const execution = new vscode.ProcessExecution(process.execPath, args, { cwd: folder.uri.fsPath, env });
    const name = project === undefined ? commandNames[command] : `${commandNames[command]} (${project})`;
    return new vscode.Task(definition, folder, name, taskType, execution, []);
  }
}
