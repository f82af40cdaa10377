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
  const write = formatter(shown, dtype);

  const nest = (dim: number, offset: number, indent: number): string => {
    if (dim === shape.length) return write(data[offset]!);
    const rows = [...visible(shape[dim]!, summarise)].map((i) =>
      i < 0 ? (dim === shape.length - 1 ? " ..." : "...") : nest(dim + 1, offset + i * x.strides[dim]!, indent + 1),
    );
    if (dim < shape.length - 1) {
      return `[${rows.join("," + "\n".repeat(shape.length - 1 - dim) + " ".repeat(indent + 1))}]`;
    }
    const perLine = Math.max(1, Math.floor((LINE - indent) / ((rows[0]?.length ?? 0) + 2)));
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
  return prefix + [body, ...notes].join(", ") + ")";
}

/** Indices of one dim that are shown; -1 stands for the ones left out. */
function visible(n: number, summarise: boolean): number[] {
  if (!summarise || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
  const head = Array.from({ length: EDGE }, (_, i) => i);
  return [...head, -1, ...head.map((i) => n - EDGE + i)];
}

/** Chooses one notation and one width for all the values that are shown. */
function formatter(values: readonly number[], dtype: DType): (value: number) => string {
  let text: (value: number) => string;
  if (dtype === "bool") text = (v) => (v === 0 ? "false" : "true");
  else if (dtype === "int32") text = String;
  else {
    const sizes = values.map(Math.abs).filter((v) => Number.isFinite(v) && v !== 0);
    const max = sizes.reduce((a, b) => Math.max(a, b), 0);
    const min = sizes.reduce((a, b) => Math.min(a, b), Infinity);
    const whole = sizes.every(Number.isInteger);
    const scientific = sizes.length > 0 && (max > 1e8 || (!whole && (max / min > 1000 || min < 1e-4)));
    if (scientific) text = (v) => (Number.isFinite(v) ? exponent(v) : special(v));
    else if (whole) text = (v) => (Number.isFinite(v) ? `${signed(v)}.` : special(v));
    else text = (v) => (Number.isFinite(v) ? fixed(v) : special(v));
  }
  const width = values.reduce((w, v) => Math.max(w, text(v).length), 0);
  return (value) => text(value).padStart(width);
}

const signed = (v: number): string => (Object.is(v, -0) ? "-0" : String(v));
const fixed = (v: number): string => (Object.is(v, -0) ? "-" : "") + v.toFixed(DIGITS);
const special = (v: number): string => (Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf");
const exponent = (v: number): string =>
  (Object.is(v, -0) ? "-" : "") + v.toExponential(DIGITS).replace(/e([+-])(\d)$/, "e$10$2");
