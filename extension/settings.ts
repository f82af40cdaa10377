/** The settings `gradbook.*`, with the types that package.json gives them. */
import * as vscode from "vscode";

export interface Settings {
  threads: number;
  revectorize: boolean;
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

/** What the kernel reads from its environment; a setting left at its default leaves the user's own environment alone. */
export function engineSettings(scope: vscode.Uri): { [name: string]: string } {
  const env: { [name: string]: string } = {};
  const threads = setting("threads", scope);
  if (threads > 0) env["GRADBOOK_THREADS"] = String(threads);
  if (!setting("revectorize", scope)) env["GRADBOOK_EXPERIMENTAL"] = "0";
  return env;
}
