/** The look of an exported notebook, on a light and a dark page and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --ink: #1f2328; --faint: #656d76; --line: #d9dee4; --panel: #f6f8fa; --link: #0757b3;
  --keyword: #a2265f; --text: #0a5c36; --number: #0550ae; --comment: #66707b; --name: #6b3fa0;
  --error: #fff0ee; --error-line: #d1432f; --warn: #fff8e3; --warn-line: #b98900;
  --ansi-0: #24292f; --ansi-1: #c0271d; --ansi-2: #116329; --ansi-3: #7d5600; --ansi-4: #0757b3; --ansi-5: #8250df;
  --ansi-6: #1b6f79; --ansi-7: #5b636c; --ansi-8: #57606a; --ansi-9: #a40e26; --ansi-10: #1a7f37; --ansi-11: #633c01;
  --ansi-12: #218bff; --ansi-13: #a475f9; --ansi-14: #3192aa; --ansi-15: #3b434b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16191d; --ink: #e2e6ea; --faint: #98a1ab; --line: #343a41; --panel: #1e2328; --link: #6cb3ff;
    --keyword: #ff8fb8; --text: #8fd6a5; --number: #8fc1ff; --comment: #8b949e; --name: #cfb0ff;
    --error: #331a17; --error-line: #f0715c; --warn: #2d2612; --warn-line: #d9a514;
    --ansi-0: #6e7681; --ansi-1: #ff7b72; --ansi-2: #56d364; --ansi-3: #e3b341; --ansi-4: #6cb3ff; --ansi-5: #d2a8ff;
    --ansi-6: #5fd2e0; --ansi-7: #c9d1d9; --ansi-8: #8b949e; --ansi-9: #ffa198; --ansi-10: #7ee787; --ansi-11: #f2cc60;
    --ansi-12: #a5d6ff; --ansi-13: #e2c5ff; --ansi-14: #96e6ef; --ansi-15: #f0f6fc;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
.cell { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr); column-gap: .75rem; margin: 1.1rem 0; }
.count { color: var(--faint); font: .8rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; text-align: right; padding-top: .72rem; user-select: none; }
.body { grid-column: 2; min-width: 0; }
pre, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .86rem; }
pre { margin: 0; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; }
.source { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .65rem .85rem; }
.source pre { white-space: pre; overflow-x: auto; overflow-wrap: normal; }
.output { margin-top: .6rem; padding: 0 .1rem; overflow-x: auto; }
.output img { display: block; max-width: 100%; height: auto; }
.stderr { background: var(--warn); border-left: 3px solid var(--warn-line); padding: .4rem .8rem; }
.error { background: var(--error); border-left: 3px solid var(--error-line); padding: .5rem .8rem; }
.remark { color: var(--faint); font-size: .85rem; margin: .3rem 0; }
.prose > :first-child { margin-top: 0; }
.prose > :last-child { margin-bottom: 0; }
.prose h1 { font-size: 1.9rem; line-height: 1.25; margin: 1.6rem 0 .8rem; }
.prose h2 { font-size: 1.4rem; margin: 1.8rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
.prose h3 { font-size: 1.12rem; margin: 1.4rem 0 .5rem; }
.prose a { color: var(--link); }
.prose img { max-width: 100%; }
.prose :not(pre) > code { background: var(--panel); border-radius: 4px; padding: .1em .35em; }
.prose pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .65rem .85rem; }
.prose blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 3px solid var(--line); color: var(--faint); }
.prose blockquote > p { margin: .5rem 0; }
.prose math { font-size: 1.1em; }
.prose table { border-collapse: collapse; margin: .8rem 0; font-size: .93rem; }
.prose th, .prose td { border: 1px solid var(--line); padding: .3rem .7rem; }
.prose th { background: var(--panel); }
.prose hr { border: 0; border-top: 1px solid var(--line); margin: 2rem 0; }
.formula-error { color: var(--error-line); }
.code-keyword { color: var(--keyword); } .code-text { color: var(--text); } .code-number { color: var(--number); }
.code-comment { color: var(--comment); font-style: italic; } .code-name { color: var(--name); }
.ansi-bold { font-weight: 600; } .ansi-faint { opacity: .7; } .ansi-italic { font-style: italic; }
.ansi-underline { text-decoration: underline; } .ansi-strike { text-decoration: line-through; } .ansi-inverse { color: var(--page); background: var(--ink); }
@media (max-width: 40rem) {
  .cell { display: block; }
  .count { text-align: left; }
}
@media print {
  main { max-width: none; padding: 0; }
  .source, .output { break-inside: avoid; }
}
`;

/** Look of the HTML that an output brings, where it has none of its own. */
export const HTML_OUTPUT_STYLE =
  "table{border-collapse:collapse;font-size:.93rem}th,td{border:1px solid var(--line);padding:.3rem .7rem}th{background:var(--panel)}";
