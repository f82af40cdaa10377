/** The settings `gradbook.*`, with the types that package.json gives them. */
import * as vscode from "vscode";

export interface Settings {
  threads: number;
  revectorize: boolean;
  runtime: string;
  askBeforeRestart: boolean;
  startKernelOnOpen: boolean;
  staleMarks: boolean;
  "output.maxLines": number;
  "output.tailLines": number;
  "output.maxFileSize": number;
}

export function setting<Name extends keyof Settings>(name: Name, scope?: vscode.Uri): Settings[Name] {
  return vscode.workspace.getConfiguration("gradbook", scope).get<Settings[Name]>(name)!;
}

const OUTPUT_VARIABLES = {
  "output.maxLines": "GRADBOOK_OUTPUT_MAX_LINES",
  "output.tailLines": "GRADBOOK_OUTPUT_TAIL_LINES",
  "output.maxFileSize": "GRADBOOK_OUTPUT_MAX_FILE_SIZE",
} as const;

export async function changeSetting<Name extends keyof Settings>(name: Name, value: Settings[Name]): Promise<void> {
  await vscode.workspace.getConfiguration("gradbook").update(name, value, vscode.ConfigurationTarget.Global);
}

/** What the kernel reads from its environment; a setting left at its default leaves the user's own environment alone. */
export function kernelSettings(scope: vscode.Uri): { [name: string]: string } {
  const env: { [name: string]: string } = {};
  for (const [name, variable] of Object.entries(OUTPUT_VARIABLES)) {
    const { defaultValue } = vscode.workspace.getConfiguration("gradbook", scope).inspect(name) ?? {};
    const value = setting(name as keyof typeof OUTPUT_VARIABLES, scope);
    if (value !== defaultValue) env[variable] = String(value);
  }
  const threads = setting("threads", scope);
  if (threads > 0) env["GRADBOOK_THREADS"] = String(threads);
  if (!setting("revectorize", scope)) env["GRADBOOK_EXPERIMENTAL"] = "0";
  return env;
}
