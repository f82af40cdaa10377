/**
 * A plugin for VS Code's own TypeScript servers. The kernel's language service answers for the cells of Gradbook notebooks;
 * what the servers would say beside it is held back, for the notebooks that the extension names, and nothing else changes.
 *
 * It runs in the servers' processes and must be found as a package beside the extension: the build writes it to
 * node_modules/gradbook-typescript-plugin (see .ci/build.mjs).
 */
import type ts from "typescript";
import { notebookOfFile, saysGradbook, type PluginConfiguration } from "./configuration.ts";
import { keepShellLines } from "./shellLines.ts";
import { silence } from "./silence.ts";

/** Called once for each project of a server. */
export default function createPlugin({ typescript }: { typescript: typeof ts }): ts.server.PluginModule {
  let notebooks: ReadonlySet<string> = new Set();
  let project: ts.server.Project | undefined;
  const take = (configuration: Partial<PluginConfiguration>): void => {
    notebooks = new Set(configuration.notebooks);
  };
  return {
    create(info) {
      const { languageService, languageServiceHost: host, serverHost } = info;
      project = info.project;
      // What was said before this project was made.
      take(info.config as Partial<PluginConfiguration>);
      const isNamed = (notebook: string): boolean => notebooks.has(notebook);
      // VS Code runs a second server, for syntax and for what is asked while the first one loads a project, and hands no
      // configuration to it. There the notebook's file tells.
      const isSecond = info.project.projectService.serverMode !== typescript.LanguageServiceMode.Semantic;
      const isOurs = isSecond ? saysGradbook((file) => serverHost.readFile(file)) : isNamed;
      const isSilent = (fileName: string): boolean => {
        const notebook = notebookOfFile(fileName);
        return notebook !== undefined && isOurs(notebook);
      };
      const textOf = (fileName: string): string => {
        const snapshot = host.getScriptSnapshot(fileName);
        return snapshot?.getText(0, snapshot.getLength()) ?? "";
      };
      const isCell = (fileName: string): boolean => notebookOfFile(fileName) !== undefined;
      return keepShellLines(silence(languageService, isSilent), isCell, textOf);
    },
    onConfigurationChanged(configuration: PluginConfiguration) {
      take(configuration);
      // VS Code then asks again for what it shows of the notebooks that came or went.
      project?.refreshDiagnostics();
    },
  };
}
