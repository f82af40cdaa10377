import { WIDGET_STYLE } from "./widgets/style.ts";

/** The figure's own style: VS Code's colours and fonts, nothing hard-coded but fallbacks. */
const CSS = `
.gb-figure {
  container-type: inline-size;
  box-sizing: border-box;
  max-width: 1200px;
  padding: 8px 4px 10px;
  color: var(--vscode-editor-foreground, CanvasText);
  font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: 12px;
  line-height: 1.4;
}
.gb-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; margin: 0 4px 4px; }
.gb-title { font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
.gb-status { color: var(--vscode-descriptionForeground, GrayText); font-variant-numeric: tabular-nums; }
.gb-tools { margin-left: auto; display: flex; gap: 4px; }
.gb-button {
  font: inherit;
  font-size: 11px;
  padding: 1px 7px;
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-panel-border, #8886));
  border-radius: 3px;
  color: var(--vscode-button-secondaryForeground, var(--vscode-editor-foreground, CanvasText));
  background: var(--vscode-button-secondaryBackground, transparent);
  cursor: pointer;
}
.gb-button:hover:not(:disabled) { background: var(--vscode-button-secondaryHoverBackground, #8883); }
.gb-button:focus-visible { outline: 2px solid var(--vscode-focusBorder, Highlight); outline-offset: 1px; }
.gb-button:disabled { opacity: 0.5; cursor: default; }
.gb-button[aria-pressed="true"] {
  color: var(--vscode-button-foreground, HighlightText);
  background: var(--vscode-button-background, Highlight);
}
.vscode-high-contrast .gb-button[aria-pressed="true"] { outline: 1px dashed var(--vscode-contrastActiveBorder, currentColor); outline-offset: -4px; }
.gb-alarm {
  margin: 2px 4px 6px;
  padding: 3px 8px;
  border-left: 3px solid var(--vscode-errorForeground, #c33);
  color: var(--vscode-errorForeground, #c33);
}
.gb-alarm:empty { display: none; }
.gb-legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 4px 0 58px; min-height: 17px; }
.gb-key { display: inline-flex; align-items: center; gap: 6px; }
.gb-line { display: inline-block; width: 20px; height: 0; border-top: 2px solid; }
.gb-band { display: inline-block; width: 14px; height: 10px; background: currentColor; }
.gb-loss { height: 250px; }
.gb-metrics { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 260px), 1fr)); gap: 6px 12px; }
.gb-metric .gb-caption { margin-left: 58px; font-weight: 600; }
.gb-metric .gb-graph { height: 130px; }
.gb-heads, .gb-row { display: grid; grid-template-columns: 148px 1fr 1fr; column-gap: 10px; }
.gb-heads { margin: 4px 0 2px; align-items: end; }
.gb-heads > div { padding-left: 46px; }
.gb-heads > div:first-child { padding-left: 4px; }
.gb-heads b, .gb-name b { font-weight: 600; }
.gb-what, .gb-shape, .gb-left { color: var(--vscode-descriptionForeground, GrayText); font-size: 11px; }
.gb-keys { display: flex; flex-wrap: wrap; gap: 0 14px; margin: 12px 4px 0; }
.gb-row { border-top: 1px solid var(--vscode-panel-border, #8884); padding: 4px 0; }
.gb-name { padding: 6px 4px; overflow-wrap: anywhere; }
.gb-shape { display: block; font-family: var(--vscode-editor-font-family, monospace); }
.gb-cell { min-width: 0; }
.gb-left { display: block; text-align: right; padding-right: 8px; min-height: 15px; font-variant-numeric: tabular-nums; }
.gb-left.gb-wrong { color: var(--vscode-errorForeground, #c33); }
.gb-fan { height: 112px; }
.gb-more { margin: 8px 4px 0; }
.gb-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: pre; }
@container (max-width: 700px) {
  .gb-heads, .gb-row { grid-template-columns: 1fr 1fr; column-gap: 4px; }
  .gb-heads > div:first-child { display: none; }
  .gb-heads > div { padding-left: 4px; }
  .gb-name { grid-column: 1 / -1; padding: 0 4px; }
  .gb-shape { display: inline; margin-left: 6px; }
  .gb-fan { height: 104px; }
  .gb-loss { height: 220px; }
}
@container (max-width: 380px) {
  .gb-heads, .gb-row { grid-template-columns: 1fr; }
}
.gb-plotly { position: relative; }
.gb-plotly > .gb-tools { justify-content: flex-end; margin: 0 4px 2px; }
.gb-problem { padding: 6px 8px; color: var(--vscode-errorForeground, #c33); white-space: pre-wrap; }
`;

let installed = false;

/** A constructed sheet needs no permission of the page's content security policy. */
export function installStyle(): void {
  if (installed) return;
  installed = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS + WIDGET_STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
