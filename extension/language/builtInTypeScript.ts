/** Tells VS Code's own TypeScript for which notebooks the kernel answers, so that nothing is shown twice. */
import * as vscode from "vscode";
import { notebookName, PLUGIN, type PluginConfiguration } from "../typescriptPlugin/configuration.ts";
import type { Languages } from "./languages.ts";

/** What VS Code's TypeScript extension exports (extensions/typescript-language-features/src/api.ts). */
interface TypeScriptExtension {
  getAPI(version: 0): { configurePlugin(pluginId: string, configuration: object): void } | undefined;
}

export function quietBuiltInTypeScript(languages: Languages, log: vscode.LogOutputChannel): vscode.Disposable {
  let said = "[]";
  const say = async (notebooks: string[]): Promise<void> => {
    const text = JSON.stringify(notebooks);
    if (text === said) return;
    said = text;
    // Undefined when the user has switched it off: then there is nothing to quieten.
    const extension = vscode.extensions.getExtension<TypeScriptExtension>("vscode.typescript-language-features");
    if (!extension) return;
    try {
      const { getAPI } = await extension.activate();
      const configuration: PluginConfiguration = { notebooks };
      // While it started, more notebooks may have come.
      if (said === text) getAPI(0)?.configurePlugin(PLUGIN, configuration);
    } catch (error) {
      log.warn(
        `VS Code's own TypeScript did not take note of our notebooks, and may say things twice: ${String(error)}`,
      );
    }
  };
  const tell = (): void => void say([...languages.notebooks].map(({ uri }) => notebookName(uri.path)).sort());
  tell();
  return vscode.Disposable.from(languages.onDidChange(tell), new vscode.Disposable(() => void say([])));
}
