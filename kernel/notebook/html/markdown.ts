/** The text of a Markdown cell as HTML: GitHub's Markdown, formulas in dollars, pictures attached to the cell. */
import { Marked, type TokenizerAndRendererExtension } from "marked";
import temml from "temml";
import { joined, type MarkdownCell } from "../format.ts";
import { escapeHtml } from "../../text/escapeHtml.ts";
import { highlight } from "./highlight.ts";

/** TeX as MathML; a formula with a mistake shows its source and says what is wrong. */
function formula(tex: string, displayMode: boolean): string {
  try {
    return temml.renderToString(tex, { displayMode, throwOnError: true });
  } catch (error) {
    return `<code class="formula-error" title="${escapeHtml((error as Error).message)}">${escapeHtml(tex)}</code>`;
  }
}

/** `$…$` within a line, as Jupyter reads it: no space inside the dollars, no digit after them (prices are not formulas). */
const inlineFormula: TokenizerAndRendererExtension = {
  name: "inlineFormula",
  level: "inline",
  start: (source) => source.indexOf("$"),
  tokenizer(source) {
    const match =
      /^\$\$([\s\S]+?)\$\$/.exec(source) ?? /^\$(?!\s)((?:[^$\\\n]|\\[\s\S]|\n(?!\n))+?)(?<!\s)\$(?!\d)/.exec(source);
    return match
      ? { type: "inlineFormula", raw: match[0], text: match[1]!, display: match[0].startsWith("$$") }
      : undefined;
  },
  renderer: (token) => formula(token["text"] as string, token["display"] as boolean),
};

/** `$$…$$` as a paragraph of its own. */
const blockFormula: TokenizerAndRendererExtension = {
  name: "blockFormula",
  level: "block",
  start: (source) => source.indexOf("$$"),
  tokenizer(source) {
    const match = /^ {0,3}\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(source);
    return match ? { type: "blockFormula", raw: match[0], text: match[1]! } : undefined;
  },
  renderer: (token) => `<p>${formula(token["text"] as string, true)}</p>\n`,
};

const renderer = new Marked({
  gfm: true,
  extensions: [inlineFormula, blockFormula],
  renderer: {
    code: ({ text, lang }) =>
      `<pre><code>${/^(ts|js|typescript|javascript)\b/i.test(lang ?? "") ? highlight(text) : escapeHtml(text)}</code></pre>\n`,
  },
});

/** Markdown outside of any cell, as an output may hold it. */
export const markdownHtml = (markdown: string): string => renderer.parse(markdown, { async: false });

export function markdownCellHtml(cell: MarkdownCell): string {
  return markdownHtml(joined(cell.source)).replace(
    /(<img\b[^>]*?\bsrc=")attachment:([^"]*)"/g,
    (whole, start: string, name: string) => {
      const picture = Object.entries(cell.attachments?.[decodeURIComponent(name)] ?? {}).find(([mime]) =>
        mime.startsWith("image/"),
      );
      return picture
        ? `${start}data:${picture[0]};base64,${escapeHtml(joined(picture[1]).replace(/\s/g, ""))}"`
        : whole;
    },
  );
}
