/** Colours for whatever page the figure stands in: its own background tells whether it is dark. */
import { dark, light, type Palette } from "../../kernel/plot/palette.ts";

export function paletteAt(element: Element): Palette & { name: "light" | "dark" } {
  const name = luminance(backgroundOf(element)) < 0.4 ? "dark" : "light";
  // What is behind the picture is the page's.
  return { ...(name === "dark" ? dark : light), background: "transparent", name };
}

/** Red, green and blue, 0 … 255, of the first ancestor that has a background of its own. */
function backgroundOf(from: Element): readonly [number, number, number] {
  for (let element: Element | null = from; element; element = element.parentElement) {
    const [r, g, b, a = 1] =
      getComputedStyle(element)
        .backgroundColor.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    if (r !== undefined && a > 0.5) return [r, g!, b!];
  }
  return [255, 255, 255];
}

function luminance([r, g, b]: readonly [number, number, number]): number {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

/** Calls `changed` when the page's theme changes; returns how to stop. */
export function onThemeChange(changed: () => void): () => void {
  // JupyterLab names its theme before the colours are there.
  const observer = new MutationObserver(() => {
    changed();
    setTimeout(changed, 500);
  });
  const attributeFilter = ["class", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-id"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  return () => observer.disconnect();
}
