import type { DocumentHighlight, Location } from "vscode-languageserver-types";
import type { Method } from "../method.ts";
import { placesOf } from "../names.ts";

export const references: Method<"textDocument/references"> = (service, params) => {
  const { path, offset } = service.place(params);
  const { includeDeclaration } = params.context;
  const found = new Map<string, Location>();
  const declarations = new Set<string>();
  for (const place of placesOf(service, { path, offset })) {
    for (const { references: list } of service.ts.findReferences(place.path, place.offset) ?? []) {
      for (const { fileName, textSpan, isDefinition } of list) {
        const location = service.location(fileName, textSpan);
        const key = JSON.stringify(location);
        if (location) found.set(key, location);
        // Asked from another cell, TypeScript does not take the declaration there for one.
        if (isDefinition) declarations.add(key);
      }
    }
  }
  if (!includeDeclaration) for (const key of declarations) found.delete(key);
  return [...found.values()];
};

export const documentHighlight: Method<"textDocument/documentHighlight"> = (service, params) => {
  const { file, path, offset } = service.place(params);
  const found = service.ts.getDocumentHighlights(path, offset, [path]) ?? [];
  return found
    .flatMap(({ highlightSpans }) => highlightSpans)
    .flatMap(({ textSpan, kind }): DocumentHighlight[] => {
      const range = service.range(file, textSpan);
      return range ? [{ range, kind: kind === "writtenReference" ? 3 : 2 }] : [];
    });
};
