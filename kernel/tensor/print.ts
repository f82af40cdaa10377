import type { DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** More elements than this are summarised to the first and last few of each dim. */
const SUMMARISE_OVER = 1000;
const EDGE = 3;
const LINE = 80;
const DIGITS = 4;

/**
 * A tensor as text, laid out like PyTorch's: four digits, one width for all elements, scientific notation when the
 * sizes are too different, the middle left out of a big one; then shape and dtype (float32 goes without saying).
 *
 * Source: torch/_tensor_str.py.
 */
export function format(x: Tensor): string {
  const { shape, dtype } = x;
  const size = x.numel();
  const summarise = size > SUMMARISE_OVER;
  const data = x.storage.array();
  const shown: number[] = [];
  const visit = (dim: number, offset: number, f: (value: number) => void): void => {
    if (dim === shape.length) return f(data[offset]!);
    for (const i of visible(shape[dim]!, summarise)) if (i >= 0) visit(dim + 1, offset + i * x.strides[dim]!, f);
  };
  if (size > 0) visit(0, x.offset, (value) => shown.push(value));
  const { text, width } = notationFor(shown, dtype);
  const write = (value: number): string => text(value).padStart(width);

  const nest = (dim: number, offset: number, indent: number): string => {
    if (dim === shape.length) return write(data[offset]!);
    const rows = [...visible(shape[dim]!, summarise)].map((i) =>
      i < 0 ? (dim === shape.length - 1 ? " ..." : "...") : nest(dim + 1, offset + i * x.strides[dim]!, indent + 1),
    );
    if (dim < shape.length - 1) {
      return `[${rows.join("," + "\n".repeat(shape.length - 1 - dim) + " ".repeat(indent + 1))}]`;
    }
    const perLine = Math.max(1, Math.floor((LINE - indent) / (width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < rows.length; i += perLine) lines.push(rows.slice(i, i + perLine).join(", "));
    return `[${lines.join(",\n" + " ".repeat(indent + 1))}]`;
  };

  const prefix = "tensor(";
  const body = size === 0 ? "[]" : nest(0, x.offset, prefix.length);
  const notes: string[] = [];
  if (shape.length > 0) notes.push(`shape=[${shape.join(", ")}]`);
  if (dtype !== "float32") notes.push(`dtype=${dtype}`);
  if (x.history !== undefined && !x.history.isLeaf) notes.push(`gradOp=${x.history.opName}`);
  else if (x.requiresGrad) notes.push("requiresGrad=true");
  // A note that would make the last line too long goes on one of its own, as in PyTorch.
  let result = prefix + body;
  let line = result.length - result.lastIndexOf("\n") + 1;
  for (const note of notes) {
    const fits = line + note.length + 2 <= LINE;
    result += (fits ? ", " : ",\n" + " ".repeat(prefix.length)) + note;
    line = note.length + (fits ? line + 2 : prefix.length);
  }
  return result + ")";
}

/** Indices of one dim that are shown; -1 stands for the ones left out. */
function visible(n: number, summarise: boolean): number[] {
  if (!summarise || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
  const head = Array.from({ length: EDGE }, (_, i) => i);
  return [...head, -1, ...head.map((i) => n - EDGE + i)];
}

/** How one element is written, and the width that all are filled up to. */
interface Notation {
  readonly text: (value: number) => string;
  readonly width: number;
}

/** Chooses one notation and one width for all the values that are shown; 0, NaN and ±∞ have no say in it, as in PyTorch. */
function notationFor(values: readonly number[], dtype: DType): Notation {
  const widest = (counted: readonly number[], text: (value: number) => string): Notation => ({
    text,
    width: counted.reduce((w, v) => Math.max(w, text(v).length), 1),
  });
  if (dtype === "bool") return widest(values, (v) => (v === 0 ? "false" : "true"));
  if (dtype === "int32") return widest(values, String);
  const counted = values.filter((v) => Number.isFinite(v) && v !== 0);
  let [max, min] = [0, Infinity];
  for (const v of counted) [max, min] = [Math.max(max, Math.abs(v)), Math.min(min, Math.abs(v))];
  const whole = counted.every(Number.isInteger);
  const scientific = counted.length > 0 && (max / min > 1000 || max > 1e8 || (!whole && min < 1e-4));
  const finite = scientific ? exponent : whole ? (v: number) => `${minus(v)}${Math.abs(v)}.` : fixed;
  return widest(counted, (v) => (Number.isFinite(v) ? finite(v) : Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf"));
}

const minus = (v: number): string => (v < 0 || Object.is(v, -0) ? "-" : "");

/** Four digits after the point; a tie goes to the even digit, as in Python (JavaScript's goes up). */
function fixed(v: number): string {
  const a = Math.abs(v);
  const cut = /^(\d+\.\d{3}[02468])50*$/.exec(a.toFixed(30));
  return minus(v) + (cut?.[1] ?? a.toFixed(DIGITS));
}
function exponent(v: number): string {
  const a = Math.abs(v);
  const cut = /^(\d\.\d{3}[02468])50*(e.*)$/.exec(a.toExponential(30));
  const text = cut === null ? a.toExponential(DIGITS) : cut[1]! + cut[2]!;
  return minus(v) + text.replace(/e([+-])(\d)$/, "e$10$2");
}
