/** VS Code's theme as a palette for figures; VS Code names its colours in CSS variables and its kind in a body class. */
import { dark, highContrast, highContrastLight, light, type Palette } from "../../kernel/plot/palette.ts";

/** The palette of the theme that the page has now. */
export function currentPalette(): Palette {
  const base = basePalette(document.body.classList);
  const text = resolved("--vscode-editor-foreground", base.text);
  return {
    ...base,
    text,
    muted: resolved("--vscode-descriptionForeground", base.muted),
    background: resolved("--vscode-editorHoverWidget-background", base.background),
    border: resolved("--vscode-editorHoverWidget-border", base.border),
    grid: withOpacity(text, base === highContrast || base === highContrastLight ? 0.3 : 0.13),
    axis: withOpacity(text, base === highContrast || base === highContrastLight ? 1 : 0.45),
  };
}

function basePalette(classes: DOMTokenList): Palette {
  if (classes.contains("vscode-high-contrast-light")) return highContrastLight;
  if (classes.contains("vscode-high-contrast")) return highContrast;
  if (classes.contains("vscode-dark")) return dark;
  if (classes.contains("vscode-light")) return light;
  return matchMedia("(prefers-color-scheme: dark)").matches ? dark : light;
}

/** A CSS variable as `rgb(…)`, whatever notation the theme uses. */
function resolved(variable: string, otherwise: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable}, ${otherwise})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

function withOpacity(rgb: string, opacity: number): string {
  const parts = rgb.match(/[\d.]+/g) ?? ["128", "128", "128"];
  return `rgba(${parts.slice(0, 3).join(", ")}, ${opacity})`;
}

/** Calls `changed` when the user chooses another theme. */
export function onThemeChange(changed: () => void): void {
  let before = document.body.className;
  new MutationObserver(() => {
    if (document.body.className === before) return;
    before = document.body.className;
    changed();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  // VS Code writes the new values of its variables here, before or after it changes the class.
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
}
