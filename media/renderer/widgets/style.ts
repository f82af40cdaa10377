/** How widgets look: VS Code's colours, borders where a high-contrast theme wants them. */
export const WIDGET_STYLE = `
.gb-widget {
  padding: 5px 4px;
  color: var(--vscode-editor-foreground, CanvasText);
  font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: 13px;
  line-height: 1.4;
}
.gb-widget-note { margin-top: 3px; font-size: 12px; color: var(--vscode-descriptionForeground, GrayText); }
.gb-widget-note:empty { display: none; }
.gb-slider { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 12px; max-width: 640px; }
.gb-widget-label { min-width: 8em; overflow-wrap: anywhere; }
.gb-readout { min-width: 5em; font-variant-numeric: tabular-nums; }
.gb-range {
  --gb-fill: var(--vscode-button-background, Highlight);
  --gb-rest: var(--vscode-scrollbarSlider-background, #8886);
  appearance: none;
  flex: 1 1 160px;
  min-width: 100px;
  height: 22px;
  margin: 0;
  background: transparent;
  cursor: pointer;
}
.gb-range::-webkit-slider-runnable-track {
  height: 4px;
  border-radius: 2px;
  border: 1px solid var(--vscode-contrastBorder, transparent);
  background: linear-gradient(to right, var(--gb-fill) var(--gb-way), var(--gb-rest) var(--gb-way));
}
.gb-range::-webkit-slider-thumb {
  appearance: none;
  width: 16px;
  height: 16px;
  margin-top: -7px;
  border-radius: 50%;
  border: 2px solid var(--vscode-editor-background, Canvas);
  outline: 1px solid var(--vscode-contrastBorder, transparent);
  background: var(--gb-fill);
}
.gb-range:focus, .gb-range:focus-visible { outline: none; }
.gb-range:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--vscode-focusBorder, Highlight); outline-offset: 1px; }
.gb-press, .gb-toggle { font: inherit; cursor: pointer; }
.gb-press {
  padding: 3px 14px;
  border: 1px solid var(--vscode-button-border, var(--vscode-contrastBorder, transparent));
  border-radius: 3px;
  color: var(--vscode-button-foreground, ButtonText);
  background: var(--vscode-button-background, ButtonFace);
}
.gb-press:hover:not(:disabled) { background: var(--vscode-button-hoverBackground, ButtonFace); }
.gb-press:active:not(:disabled) { transform: translateY(1px); }
.gb-press:focus-visible, .gb-toggle:focus-visible { outline: 2px solid var(--vscode-focusBorder, Highlight); outline-offset: 2px; }
.gb-toggle {
  display: inline-flex;
  align-items: center;
  gap: 9px;
  padding: 1px 4px 1px 0;
  border: none;
  border-radius: 3px;
  color: inherit;
  background: none;
}
.gb-track {
  box-sizing: border-box;
  width: 32px;
  height: 18px;
  padding: 2px;
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-checkbox-border, #8888));
  border-radius: 9px;
  background: var(--vscode-checkbox-background, Canvas);
}
.gb-track::before {
  content: "";
  display: block;
  width: 12px;
  height: 12px;
  border-radius: 50%;
  background: var(--vscode-checkbox-foreground, currentColor);
  transition: transform 0.1s;
}
.gb-toggle[aria-checked="true"] .gb-track { background: var(--vscode-button-background, Highlight); }
.gb-toggle[aria-checked="true"] .gb-track::before {
  transform: translateX(14px);
  background: var(--vscode-button-foreground, HighlightText);
}
.gb-widget :disabled { opacity: 0.55; cursor: default; }
.vscode-high-contrast .gb-range { --gb-fill: var(--vscode-contrastBorder, Highlight); --gb-rest: transparent; }
.vscode-high-contrast .gb-toggle[aria-checked="true"] .gb-track { background: var(--vscode-contrastBorder, Highlight); }
.vscode-high-contrast .gb-toggle[aria-checked="true"] .gb-track::before { background: var(--vscode-editor-background, Canvas); }
@media (prefers-reduced-motion: reduce) { .gb-track::before { transition: none; } }
`;
