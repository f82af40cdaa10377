/** SVG as text, and text inside SVG. */

export type Attributes = { [name: string]: string | number | undefined };

/** `<tag a="1">children</tag>`; numbers to a hundredth of a pixel, attributes that are undefined left out. */
export function element(tag: string, attributes: Attributes, children = ""): string {
  let open = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${name}="${typeof value === "number" ? px(value) : escape(value)}"`;
  }
  return children === "" ? `${open}/>` : `${open}>${children}</${tag}>`;
}

/** A coordinate to a hundredth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100 + 0);
}

export function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}

interface Run {
  text: string;
  bold: boolean;
  italic: boolean;
  /** −1 below, 0 on, 1 above the line. */
  shift: -1 | 0 | 1;
}

const ENTITIES: { [name: string]: string } = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#39": "'" };

/** Plotly's small HTML: b, i, em, strong, sub, sup, br and entities; other tags are dropped, their text stays. */
export function parseText(html: string): Run[][] {
  const lines: Run[][] = [[]];
  let bold = 0;
  let italic = 0;
  let shift: Run["shift"] = 0;
  for (const part of String(html).split(/(<\/?[a-zA-Z][^>]*>)/)) {
    const tag = /^<(\/?)([a-zA-Z]+)/.exec(part);
    if (!tag) {
      if (part === "") continue;
      const text = part.replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name: string) => ENTITIES[name]!);
      lines.at(-1)!.push({ text, bold: bold > 0, italic: italic > 0, shift });
      continue;
    }
    const change = tag[1] ? -1 : 1;
    const name = tag[2]!.toLowerCase();
    if (name === "br") lines.push([]);
    else if (name === "b" || name === "strong") bold += change;
    else if (name === "i" || name === "em") italic += change;
    else if (name === "sup") shift = tag[1] ? 0 : 1;
    else if (name === "sub") shift = tag[1] ? 0 : -1;
  }
  return lines;
}

export const LINE_HEIGHT = 1.3;

export interface TextStyle {
  size: number;
  fill: string;
  anchor?: "start" | "middle" | "end";
  /** Which part of the text block `y` is. */
  baseline?: "top" | "middle" | "bottom" | "alphabetic";
  /** Degrees, clockwise, about (x, y). */
  rotate?: number;
  weight?: number;
}

/** Text at (x, y). */
export function drawText(html: string, x: number, y: number, style: TextStyle): string {
  const { size, fill, anchor = "start", baseline = "alphabetic", rotate, weight } = style;
  const lines = parseText(html);
  const height = (lines.length - 1) * size * LINE_HEIGHT;
  // 0.72 em is the height of a capital in the usual fonts.
  const offset = { top: 0.72 * size, middle: 0.36 * size - height / 2, bottom: -height - 0.1 * size, alphabetic: 0 }[
    baseline
  ];
  const children = lines
    .map((runs, i) => {
      let raised = 0;
      const content = runs
        .map(({ text, bold, italic, shift }, r) => {
          const moved = shift - raised;
          raised = shift;
          if (!bold && !italic && shift === 0 && moved === 0 && r === 0) return escape(text);
          return element(
            "tspan",
            {
              dy: moved === 0 ? undefined : -moved * 0.4 * size,
              "font-size": shift === 0 ? undefined : size * 0.75,
              "font-weight": bold ? 600 : undefined,
              "font-style": italic ? "italic" : undefined,
            },
            escape(text),
          );
        })
        .join("");
      return lines.length === 1
        ? content
        : element("tspan", { x, y: y + offset + i * size * LINE_HEIGHT }, content || "\u00a0");
    })
    .join("");
  const attributes = {
    x,
    y: y + offset,
    "font-size": size,
    fill,
    "text-anchor": anchor === "start" ? undefined : anchor,
    "font-weight": weight,
    transform: rotate ? `rotate(${px(rotate)} ${px(x)} ${px(y)})` : undefined,
  };
  return element("text", attributes, children);
}

/** Size of a text block in pixels, a few per cent on the large side so that nothing overlaps in a wider font. */
export function textSize(html: string, size: number): { width: number; height: number } {
  const lines = parseText(html);
  const widths = lines.map((runs) =>
    runs.reduce(
      (sum, { text, bold, shift }) => sum + textWidth(text) * (bold ? 1.08 : 1) * (shift === 0 ? 1 : 0.75),
      0,
    ),
  );
  return { width: Math.max(...widths) * size, height: lines.length * size * LINE_HEIGHT };
}

/** The text, cut with an ellipsis where it would leave the picture. */
export function fitted(text: string, size: number, width: number): string {
  if (textSize(text, size).width <= width) return text;
  const plain = [...text.replace(/<br\s*\/?>/g, " ").replace(/<[^>]*>/g, "")];
  while (plain.length > 1 && textSize(plain.join("") + "…", size).width > width) plain.pop();
  return plain.join("") + "…";
}

/** Advance widths of Helvetica in thousandths of an em, U+0020 … U+007E. */
const HELVETICA =
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
    .split(" ")
    .map(Number);
/** DejaVu Sans, what a Linux machine without Helvetica draws with, is about this much wider. */
const WIDER = 1.12;

function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // East Asian characters and emoji fill the em square.
    width += HELVETICA[code - 0x20] ?? (code >= 0x2e80 ? 1000 : 600);
  }
  return (width / 1000) * WIDER;
}
