import ts from "typescript";
import type { Method } from "../method.ts";
import { codeBlock, documentation } from "../markdown.ts";
import { originOf } from "../names.ts";

export const hover: Method<"textDocument/hover"> = (service, params) => {
  const { file, path, offset } = service.place(params);
  const info = service.ts.getQuickInfoAtPosition(path, offset);
  if (!info) return null;
  const range = service.range(file, info.textSpan);
  if (!range) return null;
  // What another cell documents is documented there.
  const origin =
    info.documentation?.length || info.tags?.length ? undefined : originOf(service, path, info.textSpan.start);
  const told = origin ? (service.ts.getQuickInfoAtPosition(origin.path, origin.offset) ?? info) : info;
  const signature = service.readable(signatureText(ts.displayPartsToString(info.displayParts)));
  const value = [codeBlock(signature), documentation(told.documentation, told.tags)].filter((text) => text !== "");
  return { contents: { kind: "markdown", value: value.join("\n\n") }, range };
};

/** Without what TypeScript says of imports: that a name comes from another cell is no news. */
export function signatureText(text: string): string {
  const own = text.replace(/^\(alias\) (?=[^]*\nimport )/, "");
  const named = own === text || !/^[\p{ID_Continue}$]+[(<]/u.test(own) ? own : `function ${own}`;
  return named.replace(/\nimport (?:\{[^}]*\}|\w|[$ .,])+.*$/, "");
}
