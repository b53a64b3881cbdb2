import * as vscode from "vscode";
import { ScenarioTaskProvider, taskType } from "./tasks.ts";

/** Composes the extension; called in trusted workspaces with a `scenario.config.ts` (see `package.json`). */
export function activate(context: vscode.ExtensionContext): void {
  const provider = new ScenarioTaskProvider(vscode.Uri.joinPath(context.extensionUri, "runner/dist/scenario.js"));
  context.subscriptions.push(vscode.tasks.registerTaskProvider(taskType, provider));
}
