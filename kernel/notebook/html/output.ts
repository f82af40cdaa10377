/** An output of a cell as HTML; of a bundle the richest form that needs no script. */
import { joined, type MultilineText, type Output } from "../format.ts";
import { jsonText } from "../json.ts";
import { ansiHtml } from "./ansi.ts";
import { escapeHtml } from "../../text/escapeHtml.ts";
import { markdownHtml } from "./markdown.ts";
import { HTML_OUTPUT_STYLE } from "./style.ts";

type Bundle = { [mime: string]: unknown };

/** A picture stands in its own document, so that its styles and ids cannot meet those of the page. */
function picture(mime: string, base64: string, alternative: string): string {
  return `<img src="data:${mime};base64,${escapeHtml(base64)}" alt="${escapeHtml(alternative)}">`;
}
const alternative = (bundle: Bundle): string => text(bundle["text/plain"]) || "picture";
const text = (value: unknown): string => {
  if (typeof value === "string" || Array.isArray(value)) return joined(value as MultilineText);
  return value === undefined ? "" : jsonText(value);
};
const base64 = (value: unknown): string => text(value).replace(/\s/g, "");

/** From the richest to the plainest. */
const forms: [mime: string, html: (value: unknown, bundle: Bundle) => string][] = [
  [
    "image/svg+xml",
    (value, bundle) => picture("image/svg+xml", Buffer.from(text(value)).toString("base64"), alternative(bundle)),
  ],
  ["image/png", (value, bundle) => picture("image/png", base64(value), alternative(bundle))],
  ["image/jpeg", (value, bundle) => picture("image/jpeg", base64(value), alternative(bundle))],
  ["image/gif", (value, bundle) => picture("image/gif", base64(value), alternative(bundle))],
  // What an output writes as HTML may leave tags open: in a shadow tree of its own it cannot tear the page.
  [
    "text/html",
    (value) =>
      `<div><template shadowrootmode="open"><style>${HTML_OUTPUT_STYLE}</style>${text(value).replace(/<\/template/gi, "&lt;/template")}</template></div>`,
  ],
  ["text/markdown", (value) => `<div class="prose">${markdownHtml(text(value))}</div>`],
  ["text/latex", (value) => `<div class="prose">${markdownHtml(text(value))}</div>`],
  ["text/plain", (value) => `<pre>${ansiHtml(text(value))}</pre>`],
  ["application/json", (value) => `<pre>${escapeHtml(typeof value === "string" ? value : jsonText(value))}</pre>`],
];

export function bundleHtml(bundle: Bundle): string {
  const form = forms.find(([mime]) => bundle[mime] !== undefined);
  if (!form)
    return `<p class="remark">An output of type ${escapeHtml(Object.keys(bundle).join(", "))}, which needs the editor.</p>`;
  const html = form[1](bundle[form[0]], bundle);
  const isPicture = form[0].startsWith("image/");
  if (bundle["application/vnd.plotly.v1+json"] === undefined || isPicture) return html;
  return `${html}\n<p class="remark">This figure has no still picture: open the notebook in the editor to see it.</p>`;
}

export function outputHtml(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return `<pre class="stream ${output.name}">${ansiHtml(joined(output.text))}</pre>`;
    case "error": {
      const trace = output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
      return `<pre class="error">${ansiHtml(trace)}</pre>`;
    }
    case "display_data":
    case "execute_result":
      return bundleHtml(output.data);
  }
}
