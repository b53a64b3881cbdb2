import { join, resolve } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";

const folder = resolve("workspace");
let configs: { fsPath: string }[];

// The few parts of the editor that tasks touch; how a real editor treats them is for tests in a real editor.
vi.mock("vscode", () => ({
  Task: class {
    constructor(definition: unknown, scope: unknown, name: string, source: string, execution: unknown) {
      Object.assign(this, { definition, scope, name, source, execution });
    }
  },
  ProcessExecution: class {
    constructor(process: string, args: string[], options: unknown) {
      Object.assign(this, { process, args, options });
    }
  },
  workspace: {
    findFiles: async () => configs,
    getWorkspaceFolder: ({ fsPath }: { fsPath: string }) =>
      fsPath.startsWith(folder) ? { uri: { fsPath: folder } } : undefined,
  },
}));

const { ScenarioTaskProvider } = await import("../../../extension/tasks.ts");

const commandLine = { fsPath: "/extension/runner/dist/scenario.js" } as vscode.Uri;
const token = {} as vscode.CancellationToken;
const workspaceFolder = { uri: { fsPath: folder } } as vscode.WorkspaceFolder;

function execution(task: vscode.Task | undefined): vscode.ProcessExecution {
  return task?.execution as vscode.ProcessExecution;
}

beforeEach(() => {
  configs = [];
});

describe("ScenarioTaskProvider", () => {
  it("offers to train and to list each project of the workspace", async () => {
    configs = [
      { fsPath: join(folder, "scenario.config.ts") },
      { fsPath: join(folder, "demand", "scenario.config.ts") },
    ];
    const tasks = await new ScenarioTaskProvider(commandLine).provideTasks(token);
    expect(tasks.map(({ source, name }) => `${source}: ${name}`)).toEqual([
      "scenario: train all",
      "scenario: list",
      "scenario: train all (demand)",
      "scenario: list (demand)",
    ]);
  });

  it("runs the extension's own copy of the runner in the workspace folder, by the editor's own Node", async () => {
    configs = [{ fsPath: join(folder, "demand", "scenario.config.ts") }];
    const [train, list] = await new ScenarioTaskProvider(commandLine).provideTasks(token);
    expect(execution(train)).toMatchObject({
      process: process.execPath,
      args: [commandLine.fsPath, "train", "--all", "--project", "demand"],
      options: { cwd: folder, env: { ELECTRON_RUN_AS_NODE: "1" } },
    });
    expect(execution(list).args).toEqual([commandLine.fsPath, "list", "--project", "demand"]);
  });

  it("leaves out projects outside of the workspace", async () => {
    configs = [{ fsPath: resolve("elsewhere", "scenario.config.ts") }];
    expect(await new ScenarioTaskProvider(commandLine).provideTasks(token)).toEqual([]);
  });

  it("completes a task of tasks.json and keeps its definition", () => {
    const definition = { type: "scenario", command: "list" };
    const task = new ScenarioTaskProvider(commandLine).resolveTask({ definition, scope: workspaceFolder } as never);
    expect(task?.definition).toBe(definition);
    expect(execution(task).args).toEqual([commandLine.fsPath, "list", "--project", "."]);
  });

  it.each([
    ["an unknown command", { type: "scenario", command: "rm" }],
    ["no command", { type: "scenario" }],
    ["a project that is no text", { type: "scenario", command: "list", project: 3 }],
  ])("refuses a task with %s", (_, definition) => {
    const provider = new ScenarioTaskProvider(commandLine);
    expect(provider.resolveTask({ definition, scope: workspaceFolder } as never)).toBeUndefined();
  });
});
