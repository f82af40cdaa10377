import ts from "typescript";
import type { TextEdit } from "vscode-languageserver-types";
import type { LanguageMethods } from "../../../protocol/language.ts";
import type { Method } from "../method.ts";
import { declarationOf, placesOf } from "../names.ts";
import { Refused } from "../refused.ts";
import type { NotebookService } from "../service.ts";

export const prepareRename: Method<"textDocument/prepareRename"> = (service, params) => {
  const { file, path, offset } = service.place(params);
  const info = service.ts.getRenameInfo(path, offset, service.preferences(file));
  if (!info.canRename) throw new Refused(info.localizedErrorMessage);
  const range = service.range(file, info.triggerSpan);
  if (!range) throw new Refused("You cannot rename this element.");
  changes(service, params, info.displayName);
  return { range, placeholder: info.displayName };
};

export const rename: Method<"textDocument/rename"> = (service, params) => {
  if (!/^#?[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(params.newName)) {
    throw new Refused(`"${params.newName}" is no name. A name has letters, digits, _ and $, and no digit first.`);
  }
  if (isReserved(params.newName) && !isMember(service, params)) {
    throw new Refused(`"${params.newName}" is a word of the language itself and cannot be a name.`);
  }
  prepareRename(service, params);
  return { changes: changes(service, params, params.newName) };
};

/** A property may be called what it likes. */
function isMember(service: NotebookService, at: LanguageMethods["textDocument/prepareRename"]["params"]): boolean {
  const { file, path, offset } = service.place(at);
  const info = service.ts.getRenameInfo(path, offset, service.preferences(file));
  return info.canRename && /^(?:property|method|getter|setter|accessor|constructor)/.test(info.kind);
}

/** Words that no variable of a module can have as its name. */
function isReserved(name: string): boolean {
  const word = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, name).scan();
  return word >= ts.SyntaxKind.FirstReservedWord && word <= ts.SyntaxKind.LastFutureReservedWord;
}

/** @throws Refused when a declaration that is not the user's would have to change. */
function changes(
  service: NotebookService,
  params: LanguageMethods["textDocument/prepareRename"]["params"],
  newName: string,
): { [uri: string]: TextEdit[] } {
  const { file, path, offset } = service.place(params);
  const preferences = service.preferences(file);
  const found = new Map<string, Map<string, TextEdit>>();
  for (const place of placesOf(service, { path, offset })) {
    const locations = service.ts.findRenameLocations(place.path, place.offset, false, false, preferences) ?? [];
    for (const { fileName, textSpan, prefixText = "", suffixText = "" } of locations) {
      if (service.host.isShipped(fileName)) {
        throw new Refused("This name is not the notebook's own: it is declared by Gradbook, TypeScript or Node.");
      }
      const cell = service.notebook.fileAt(fileName);
      const alias = cell?.aliasAt(textSpan.start);
      if (alias !== undefined && cell!.toCell(textSpan.start) === undefined && !declarationOf(cell!, alias)) {
        throw new Refused(`"${alias}" is there in every cell, by Gradbook. It cannot be renamed.`);
      }
      const location = service.location(fileName, textSpan);
      if (!location) continue;
      const edits = found.get(location.uri) ?? new Map<string, TextEdit>();
      found.set(location.uri, edits);
      edits.set(JSON.stringify(location.range), { range: location.range, newText: prefixText + newName + suffixText });
    }
  }
  return Object.fromEntries([...found].map(([uri, edits]) => [uri, [...edits.values()]]));
}
