import assert from "node:assert/strict";
import fc from "fast-check";
import type { Cell, Output } from "../../../kernel/notebook/format.ts";
import { ansiHtml } from "../../../kernel/notebook/html/ansi.ts";
import { highlight } from "../../../kernel/notebook/html/highlight.ts";
import { markdownCellHtml, markdownHtml } from "../../../kernel/notebook/html/markdown.ts";
import { outputHtml } from "../../../kernel/notebook/html/output.ts";
import { notebookPage } from "../../../kernel/notebook/html/page.ts";

/** Text of HTML as a reader sees it. */
const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

const page = (...cells: Partial<Cell>[]) =>
  notebookPage(
    {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: cells.map((cell) => ({ metadata: {}, source: "", ...cell }) as Cell),
    },
    "folder/name & co.ipynb",
  );

describe("a notebook as a page", () => {
  it("code shows exactly as it is written, whatever it is", () => {
    const unit = fc.constantFrom(..."ab1.<>&\"'`/*\\\n $", "const", "${", "//", "/*", "é");
    fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), (code) => assert.equal(textOf(highlight(code)), code)));
  });

  it("code has its comments, texts, numbers, keywords and calls marked", () => {
    const kinds = [...highlight('const n = f(0.1, "a//b"); // if').matchAll(/<span class="code-(\w+)">([^<]*)/g)].map(
      ([, kind, text]) => [kind, text],
    );
    assert.deepEqual(kinds, [
      ["keyword", "const"],
      ["name", "f"],
      ["number", "0.1"],
      ["text", "&quot;a//b&quot;"],
      ["comment", "// if"],
    ]);
  });

  const colours: [text: string, html: string][] = [
    ["a<b", "a&lt;b"],
    ["\x1b[31mred\x1b[0m plain", '<span style="color:var(--ansi-1)">red</span> plain'],
    [
      "\x1b[1;92mx\x1b[22my\x1b[39mz",
      '<span class="ansi-bold" style="color:var(--ansi-10)">x</span><span style="color:var(--ansi-10)">y</span>z',
    ],
    ["\x1b[38;5;196mx", '<span style="color:rgb(255,0,0)">x</span>'],
    ["\x1b[38;5;244mx", '<span style="color:rgb(128,128,128)">x</span>'],
    ["\x1b[48;2;1;2;3mx", '<span style="background:rgb(1,2,3)">x</span>'],
    ["\x1b[mx\x1b[2Ky\x1b]8;;http://a\x07z", "xyz"],
    ["a\x1b", "a"],
  ];
  for (const [text, html] of colours)
    it(`${JSON.stringify(text)} in the colours of a terminal`, () => assert.equal(ansiHtml(text), html));

  it("no text escapes from its place, whatever colours stand in it", () => {
    const unit = fc.constantFrom("a", "<script>", "&", '"', "\x1b[31m", "\x1b[0m", "\x1b[38;5;", "\x1b");
    fc.assert(fc.property(fc.string({ unit }), (text) => assert.doesNotMatch(ansiHtml(text), /<(?!\/?span)/)));
  });

  it("Markdown: headings, tables, code, and formulas as MathML", () => {
    const html = markdownHtml(
      "# A\n\n| x |\n|---|\n| 1 |\n\n```ts\nconst a = 1;\n```\n\nAn $a_i < b$ costs $5 or $6.\n\n$$\n\\frac{1}{2}\n$$\n",
    );
    assert.match(html, /<h1>A<\/h1>/);
    assert.match(html, /<td>1<\/td>/);
    assert.match(html, /<span class="code-keyword">const<\/span>/);
    assert.match(html, /<math[^>]*>.*<msub>/s);
    assert.match(html, /costs \$5 or \$6\./);
    assert.match(html, /<p><math[^>]*display="block"[^>]*>.*<mfrac>/s);
  });

  it("a formula with a mistake shows its source and says what is wrong", () => {
    assert.match(markdownHtml("$\\frac{1$"), /<code class="formula-error" title="[^"]+">\\frac\{1<\/code>/);
  });

  it("an attached picture is in the page", () => {
    const cell = {
      cell_type: "markdown",
      metadata: {},
      source: "![a](attachment:p%20q.png)",
      attachments: { "p q.png": { "image/png": "QUJD" } },
    } as Cell;
    assert.match(markdownCellHtml(cell as never), /<img src="data:image\/png;base64,QUJD"/);
  });

  const display = (data: object): Output => ({
    output_type: "display_data",
    metadata: {},
    data: data as Record<string, unknown>,
  });
  const outputs: [claim: string, output: Output, html: RegExp][] = [
    [
      "a stream",
      { output_type: "stream", name: "stderr", text: ["a<b\n"] },
      /^<pre class="stream stderr">a&lt;b\n<\/pre>$/,
    ],
    [
      "an error",
      { output_type: "error", ename: "E", evalue: "v", traceback: ["E: <v>"] },
      /^<pre class="error">E: &lt;v&gt;<\/pre>$/,
    ],
    ["an error without a trace", { output_type: "error", ename: "E", evalue: "v", traceback: [] }, /E: v/],
    ["plain text", display({ "text/plain": ["1\n", "2"] }), /^<pre>1\n2<\/pre>$/],
    [
      "a figure: its still picture, with its summary as the alternative",
      display({ "application/vnd.plotly.v1+json": {}, "image/svg+xml": "<svg/>", "text/plain": 'loss "0.1"' }),
      /^<img src="data:image\/svg\+xml;base64,PHN2Zy8\+" alt="loss &quot;0\.1&quot;">$/,
    ],
    [
      "a figure without a still picture says so",
      display({ "application/vnd.plotly.v1+json": {}, "text/plain": "figure" }),
      /<pre>figure<\/pre>\n<p class="remark">This figure has no still picture/,
    ],
    ["a picture", display({ "image/png": "QU\nJD", "text/plain": "p" }), /^<img src="data:image\/png;base64,QUJD"/],
    [
      "HTML cannot close what holds it",
      display({ "text/html": "<b>x</template><script>" }),
      /^<div><template shadowrootmode="open"><style>.*<\/style><b>x&lt;\/template><script><\/template><\/div>$/,
    ],
    ["JSON", display({ "application/json": { a: "<" } }), /^<pre>\{\n &quot;a&quot;: &quot;&lt;&quot;\n\}<\/pre>$/],
    ["an unknown type", display({ "application/x<y": 1 }), /type application\/x&lt;y, which needs the editor/],
  ];
  for (const [claim, output, html] of outputs) it(claim, () => assert.match(outputHtml(output), html));

  it("the page's title is the first heading, or the file's name", () => {
    assert.match(
      page({ cell_type: "markdown", source: "## no\n# The *title* <b>" }),
      /<title>The title &lt;b&gt;<\/title>/,
    );
    assert.match(page(), /<title>name &amp; co\.ipynb<\/title>/);
  });

  it("the page forbids scripts, loads nothing from elsewhere, and leaves out empty and raw cells", () => {
    const html = page(
      { cell_type: "markdown", source: "text" },
      { cell_type: "raw", source: "RAW" },
      { cell_type: "code", source: " ", outputs: [], execution_count: null },
      { cell_type: "code", source: "x", outputs: [], execution_count: 2 },
    );
    assert.match(html, /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;/);
    assert.doesNotMatch(html, /<script|<link|@import|url\(|RAW/);
    assert.equal(html.match(/<section/g)?.length, 2);
    assert.match(html, /<div class="count">\[2\]<\/div>/);
  });
});
