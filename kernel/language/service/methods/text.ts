/** Questions about a text that is in no cell, such as a console's line: all that was executed stands before it. */
import type { At } from "../../../protocol/language.ts";
import { isComplete } from "../../isComplete.ts";
import type { Method } from "../method.ts";
import type { NotebookService } from "../service.ts";
import { completion } from "./completion.ts";
import { hover } from "./hover.ts";
import { signatureHelp } from "./signatureHelp.ts";

export const textCompletion: Method<"text/completion"> = (service, { text, offset }) => {
  const at = placeIn(service, text, offset);
  const { lines } = service.notebook.cell(at.textDocument.uri).cell;
  const word = /[\p{ID_Continue}$]*$/u.exec(text.slice(0, offset))![0];
  let start = offset - word.length;
  let end = offset;
  const items = completion(service, at).items.flatMap(({ textEdit, insertText, label, sortText, kind, data }) => {
    // An import that would have to be added cannot be.
    if ((data as { source?: string }).source !== undefined) return [];
    if (textEdit && "range" in textEdit) {
      const from = lines.offset(textEdit.range.start);
      // `a?.b`: front ends replace one span for all.
      if (from > start || (from < start && text.slice(from, start).includes("."))) return [];
      start = from;
      end = lines.offset(textEdit.range.end);
    }
    return [
      {
        text: textEdit?.newText ?? insertText ?? label,
        type: TYPES[kind ?? 6] ?? "instance",
        sortText: sortText ?? "",
      },
    ];
  });
  // Front ends show the list as it comes.
  const typed = text.slice(start, offset).toLowerCase();
  const matching = items.filter((item) => item.text.toLowerCase().startsWith(typed));
  const order = matching.toSorted((a, b) => compare(a.sortText, b.sortText) || compare(a.text, b.text));
  return { items: order.map((item) => ({ text: item.text, type: item.type })), start, end };
};

export const textHover: Method<"text/hover"> = (service, { text, offset }) => {
  const at = placeIn(service, text, offset);
  const { lines } = service.notebook.cell(at.textDocument.uri).cell;
  const before = { ...at, position: lines.position(Math.max(0, offset - 1)) };
  const found = hover(service, at) ?? hover(service, before);
  if (found) {
    const { value } = found.contents as { value: string };
    return { markdown: value, plain: plain(value) };
  }
  // Between the parentheses of a call: what is called.
  const help = signatureHelp(service, at);
  const signature = help?.signatures[help.activeSignature ?? 0];
  if (!signature) return null;
  const documentation = (signature.documentation as { value: string } | undefined)?.value;
  const value = [
    "```typescript\n" + signature.label + "\n```",
    ...(documentation === undefined ? [] : [documentation]),
  ];
  return { markdown: value.join("\n\n"), plain: plain(value.join("\n\n")) };
};

export const textIsComplete: Method<"text/isComplete"> = (_service, { text }) => isComplete(text);

function placeIn(service: NotebookService, text: string, offset: number): At {
  const line = service.notebook.setLine(text);
  return { textDocument: { uri: line.uri! }, position: line.cell.lines.position(offset) };
}

function plain(markdown: string): string {
  return markdown.replace(/^```.*\n?/gm, "").trim();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The protocol's kinds in the words that Jupyter's front ends have icons for. */
const TYPES: { readonly [kind: number]: string } = {
  2: "function",
  3: "function",
  5: "property",
  7: "class",
  8: "interface",
  9: "module",
  13: "enum",
  14: "keyword",
  17: "file",
  19: "path",
  21: "constant",
  25: "type",
};
