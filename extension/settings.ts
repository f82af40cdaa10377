/** The settings `gradbook.*`, with the types that package.json gives them. */
import * as vscode from "vscode";

export interface Settings {
  runtime: string;
  askBeforeRestart: boolean;
  startKernelOnOpen: boolean;
}

export function setting<Name extends keyof Settings>(name: Name, scope?: vscode.Uri): Settings[Name] {
  return vscode.workspace.getConfiguration("gradbook", scope).get<Settings[Name]>(name)!;
}

export async function changeSetting<Name extends keyof Settings>(name: Name, value: Settings[Name]): Promise<void> {
  await vscode.workspace.getConfiguration("gradbook").update(name, value, vscode.ConfigurationTarget.Global);
}
