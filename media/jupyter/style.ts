/** The page's own fonts and colours, as JupyterLab names them, with neutral ones elsewhere. */
export const STYLE = `
.gb-live { position: relative; max-width: 900px; font: 12px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color1, #1f2328); }
.gb-live[data-theme="dark"] { color: var(--jp-ui-font-color1, #ddd); }
.gb-head { position: absolute; top: 10px; right: 4px; display: flex; align-items: baseline; gap: 6px; }
.gb-head span { opacity: 0.75; font-variant-numeric: tabular-nums; }
.gb-head button { font: inherit; font-size: 11px; padding: 0 7px; border: 1px solid #8888; border-radius: 3px; color: inherit; background: transparent; cursor: pointer; }
.gb-head button:hover { background: #8883; }
.gb-head button:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.gb-head button[aria-pressed="true"] { color: #fff; background: #1f6fb5; border-color: transparent; }
.gb-picture { cursor: crosshair; user-select: none; touch-action: pan-y; }
.gb-picture > svg { display: block; max-width: 100%; height: auto; }
.gb-cursor { fill: currentColor; opacity: 0.5; }
.gb-range { fill: currentColor; opacity: 0.12; }
.gb-values { position: absolute; z-index: 1; pointer-events: none; padding: 3px 8px; white-space: nowrap; border: 1px solid #8886; border-radius: 3px; background: var(--jp-layout-color0, #fff); font-variant-numeric: tabular-nums; }
.gb-live[data-theme="dark"] .gb-values { background: var(--jp-layout-color0, #1f1f1f); }
.gb-swatch { display: inline-block; width: 12px; height: 3px; margin-right: 6px; vertical-align: middle; }
`;
