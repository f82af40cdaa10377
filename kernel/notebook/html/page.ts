/** A notebook as a page that stands alone: no script, nothing from elsewhere. */
import { basename } from "node:path";
import { joined, type Cell, type CodeCell, type Notebook } from "../format.ts";
import { escapeHtml } from "../../text/escapeHtml.ts";
import { highlight } from "./highlight.ts";
import { markdownCellHtml } from "./markdown.ts";
import { outputHtml } from "./output.ts";
import { STYLE } from "./style.ts";

/** Pictures may be the page's own or addresses that the author wrote; scripts, frames and forms do not run at all. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; font-src data:; base-uri 'none'; form-action 'none'";

/** The page of a notebook; `file` names it where it has no heading of its own. */
export function notebookPage(notebook: Notebook, file: string): string {
  const cells = notebook.cells.map(cellHtml).filter((html) => html !== "");
  return `<!doctype html>
<html lang="${escapeHtml(language(notebook))}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">
<meta name="generator" content="Gradbook">
<title>${escapeHtml(title(notebook) ?? basename(file))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${cells.join("\n")}
</main>
</body>
</html>
`;
}

function cellHtml(cell: Cell): string {
  switch (cell.cell_type) {
    case "markdown":
      return `<section class="cell"><div class="body prose">${markdownCellHtml(cell)}</div></section>`;
    case "code":
      return codeCellHtml(cell);
    case "raw":
      // Raw cells are meant for other converters.
      return "";
  }
}

function codeCellHtml(cell: CodeCell): string {
  const source = joined(cell.source);
  if (source.trim() === "" && cell.outputs.length === 0) return "";
  const outputs = cell.outputs.map((output) => `<div class="output">${outputHtml(output)}</div>`);
  const count = cell.execution_count === null ? "" : `[${cell.execution_count}]`;
  return `<section class="cell"><div class="count">${count}</div><div class="body">
<div class="source"><pre><code>${highlight(source)}</code></pre></div>
${outputs.join("\n")}
</div></section>`;
}

/** The first heading of the first order. */
function title({ cells }: Notebook): string | undefined {
  for (const cell of cells) {
    const heading = cell.cell_type === "markdown" && /^#\s+(.+?)\s*#*$/m.exec(joined(cell.source))?.[1];
    if (heading) return heading.replace(/[*_`]/g, "");
  }
  return undefined;
}

const language = ({ metadata }: Notebook): string => (typeof metadata["lang"] === "string" ? metadata["lang"] : "en");
