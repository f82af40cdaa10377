/**
 * What the editor knows about cells: each notebook's kernel has a language service, and this shows what it says. Formatting
 * is not here: VS Code's own TypeScript formats cells as it does files, with the user's settings, and a second formatter
 * would make VS Code ask which one to use.
 */
import * as vscode from "vscode";
import type { Kernels } from "../kernels.ts";
import type { Selection } from "../selection.ts";
import { quietBuiltInTypeScript } from "./builtInTypeScript.ts";
import { Diagnostics } from "./diagnostics.ts";
import { codeActions } from "./features/codeActions.ts";
import { completion } from "./features/completion.ts";
import type { Feature } from "./features/feature.ts";
import { hover } from "./features/hover.ts";
import { definition, highlights, references, typeDefinition } from "./features/places.ts";
import { rename } from "./features/rename.ts";
import { signatureHelp } from "./features/signatureHelp.ts";
import { Languages } from "./languages.ts";

const features: readonly Feature[] = [
  codeActions,
  completion,
  definition,
  highlights,
  hover,
  references,
  rename,
  signatureHelp,
  typeDefinition,
];

export function createEditor(kernels: Kernels, selection: Selection, log: vscode.LogOutputChannel): vscode.Disposable {
  const languages = new Languages(kernels, selection, log);
  const diagnostics = new Diagnostics(languages, kernels);
  return vscode.Disposable.from(
    quietBuiltInTypeScript(languages, log),
    ...features.map((register) => register({ languages, diagnostics, log })),
    diagnostics,
    languages,
  );
}
