/** One line for each request of `LanguageMethods`. */
import type { LanguageMethod } from "../../../protocol/language.ts";
import type { Method } from "../method.ts";
import { codeAction } from "./codeAction.ts";
import { completion, resolve } from "./completion.ts";
import { definition, typeDefinition } from "./definition.ts";
import { diagnostics } from "./diagnostics.ts";
import { change, open } from "./document.ts";
import { formatting, rangeFormatting } from "./formatting.ts";
import { hover } from "./hover.ts";
import { parameters } from "./parameters.ts";
import { documentHighlight, references } from "./references.ts";
import { prepareRename, rename } from "./rename.ts";
import { signatureHelp } from "./signatureHelp.ts";
import { textCompletion, textHover, textIsComplete } from "./text.ts";

export const methods: { readonly [M in LanguageMethod]: Method<M> } = {
  "notebook/open": open,
  "notebook/change": change,
  "notebook/diagnostics": diagnostics,
  "notebook/parameters": parameters,
  "textDocument/completion": completion,
  "completionItem/resolve": resolve,
  "textDocument/hover": hover,
  "textDocument/signatureHelp": signatureHelp,
  "textDocument/definition": definition,
  "textDocument/typeDefinition": typeDefinition,
  "textDocument/references": references,
  "textDocument/documentHighlight": documentHighlight,
  "textDocument/prepareRename": prepareRename,
  "textDocument/rename": rename,
  "textDocument/codeAction": codeAction,
  "textDocument/formatting": formatting,
  "textDocument/rangeFormatting": rangeFormatting,
  "text/completion": textCompletion,
  "text/hover": textHover,
  "text/isComplete": textIsComplete,
};
