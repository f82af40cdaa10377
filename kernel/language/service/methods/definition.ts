import type ts from "typescript";
import type { Location } from "vscode-languageserver-types";
import type { Method } from "../method.ts";
import { originOf } from "../names.ts";
import type { NotebookService } from "../service.ts";

export const definition: Method<"textDocument/definition"> = (service, params) => {
  const { path, offset } = service.place(params);
  return locations(service, service.ts.getDefinitionAtPosition(path, offset));
};

export const typeDefinition: Method<"textDocument/typeDefinition"> = (service, params) => {
  const { path, offset } = service.place(params);
  return locations(service, service.ts.getTypeDefinitionAtPosition(path, offset));
};

function locations(service: NotebookService, found: readonly ts.DefinitionInfo[] | undefined): Location[] {
  return (found ?? []).flatMap(({ fileName, textSpan }) => {
    const location = service.location(fileName, textSpan);
    if (location) return [location];
    // In generated code: what it stands for.
    const origin = originOf(service, fileName, textSpan.start);
    const there = origin && service.location(origin.path, { start: origin.offset, length: textSpan.length });
    return there ? [there] : [];
  });
}
