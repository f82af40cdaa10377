import { checkTensor, named } from "../autograd/functions.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { show, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { diagonal } from "./diagonal.ts";
import { bmm } from "./matmul.ts";
import { dropDims, reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
import { permute } from "./transpose.ts";

/** A tensor whose dims have letters. */
interface Lettered {
  readonly x: Tensor;
  readonly letters: string;
}

/** Letters that occur twice in one operand: its diagonal. */
function distinct({ x, letters }: Lettered): Lettered {
  for (let i = 0; i < letters.length; i++) {
    const j = letters.indexOf(letters[i]!, i + 1);
    if (j < 0) continue;
    const rest = letters.slice(0, i) + letters.slice(i + 1, j) + letters.slice(j + 1);
    return distinct({ x: diagonal(x, 0, i, j), letters: rest + letters[i] });
  }
  return { x, letters };
}

/** Sums over the letters that nobody needs any more. */
function reduced({ x, letters }: Lettered, needed: string): Lettered {
  const dims = [...letters].map((_, d) => d).filter((d) => !needed.includes(letters[d]!));
  return dims.length === 0
    ? { x, letters }
    : { x: sum(x, dims), letters: [...letters].filter((l) => needed.includes(l)).join("") };
}

/** Two operands into one, summing over what only they share: a batch of matrix products. */
function contract(a: Lettered, b: Lettered, needed: string): Lettered {
  const shared = [...a.letters].filter((l) => b.letters.includes(l));
  const batch = shared.filter((l) => needed.includes(l)).join("");
  const inner = shared.filter((l) => !needed.includes(l)).join("");
  const left = [...a.letters].filter((l) => !shared.includes(l)).join("");
  const right = [...b.letters].filter((l) => !shared.includes(l)).join("");
  const size = (letters: string): number[] => [...letters].map((l) => sizeOfLetter(l, a, b));
  const as = (t: Lettered, order: string, shape: number[]): Tensor =>
    reshape(
      permute(
        t.x,
        [...order].map((l) => t.letters.indexOf(l)),
      ),
      shape,
    );
  const [s, m, k, n] = [batch, left, inner, right].map((letters) => sizeOf(size(letters))) as [
    number,
    number,
    number,
    number,
  ];
  const letters = batch + left + right;
  if (inner === "") {
    const wide = mul(as(a, batch + left, [s, m, 1]), as(b, batch + right, [s, 1, n]));
    return { x: reshape(wide, size(letters)), letters };
  }
  const product = bmm(as(a, batch + left + inner, [s, m, k]), as(b, batch + inner + right, [s, k, n]));
  return { x: reshape(product, size(letters)), letters };
}

function sizeOfLetter(letter: string, ...operands: readonly Lettered[]): number {
  for (const { x, letters } of operands) if (letters.includes(letter)) return x.shape[letters.indexOf(letter)]!;
  return 1;
}

/** Letters for the dims of "…": α, β, …; they cannot be a user's. */
const unnamed = (count: number): string => String.fromCharCode(...Array.from({ length: count }, (_, i) => 0x3b1 + i));
const ELLIPSIS = "...";

/** The operands' subscripts with letters in place of "...", as many as dims are left, and the letters that there are. */
function spelled(parts: readonly string[], tensors: readonly Tensor[]): { letters: string[]; all: string } {
  const left = parts.map((part, i) => {
    const x = checkTensor("einsum", `operand ${i + 1}`, tensors[i]);
    const named = part.replace(ELLIPSIS, "");
    const rest = x.ndim - named.length;
    if (named.includes(".")) throw new OptionError(`einsum: "${part}" has "..." more than once.`);
    if (part.includes(ELLIPSIS) ? rest < 0 : rest !== 0)
      throw new ShapeError(`einsum: "${part}" names ${named.length} dims, operand ${i + 1} is ${show(x.shape)}.`);
    return rest;
  });
  const all = unnamed(Math.max(0, ...left));
  // Aligned at the right, as in broadcasting.
  return { letters: parts.map((part, i) => part.replace(ELLIPSIS, all.slice(all.length - left[i]!))), all };
}

/**
 * Sums of products by Einstein's convention: `einsum("bij,bjk->bik", a, b)` is a batched matrix product. Each letter is a
 * dim; letters that are not behind the arrow are summed over. Without an arrow, letters that occur once are kept, sorted.
 * "..." stands for all further dims, which broadcast: `einsum("...ij,...jk->...ik", a, b)`; a size of 1 goes with any.
 */
export const einsum = named("einsum", (equation: string, ...tensors: readonly Tensor[]): Tensor => {
  if (typeof equation !== "string")
    throw new OptionError(`einsum: the equation comes first, as text, got ${describe(equation)}.`);
  const [, left, right] =
    /^((?:[a-zA-Z,]|\.\.\.)*)(?:->((?:[a-zA-Z]|\.\.\.)*))?$/.exec(equation.replace(/\s/g, "")) ?? [];
  if (left === undefined)
    throw new OptionError(`einsum: ${describe(equation)} must be letters like "ij,jk->ik" or "...ij,...jk->...ik".`);
  const written = left.split(",");
  if (written.length !== tensors.length)
    throw new ShapeError(`einsum: "${equation}" has ${written.length} operands, got ${tensors.length} tensors.`);
  const { letters: parts, all: further } = spelled(written, tensors);
  const known = new Map<string, number>();
  parts.forEach((letters, i) => {
    const x = tensors[i]!;
    [...letters].forEach((letter, d) => {
      const size = known.get(letter) ?? 1;
      const before = letters.indexOf(letter);
      const twice = before < d && x.shape[before] !== x.shape[d];
      if (twice || (size !== 1 && x.shape[d] !== 1 && size !== x.shape[d])) {
        const what = further.includes(letter) ? `a dim of "..."` : `"${letter}"`;
        throw new ShapeError(`einsum: ${what} is ${size} and, in operand ${i + 1} ${show(x.shape)}, ${x.shape[d]}.`);
      }
      known.set(letter, size === 1 ? x.shape[d]! : size);
    });
  });
  const all = parts.join("");
  const output =
    right?.replace(ELLIPSIS, further) ??
    further +
      [...known.keys()]
        .filter((l) => !further.includes(l) && all.indexOf(l) === all.lastIndexOf(l))
        .sort()
        .join("");
  for (const letter of output) {
    if (letter === "." || !known.has(letter) || output.indexOf(letter) !== output.lastIndexOf(letter)) {
      throw new ShapeError(`einsum: "${letter}" behind the arrow must occur there once, and in an operand.`);
    }
  }
  // A dim of size 1 that stretches has nothing to say.
  const operands = parts.map((letters, i) => {
    const { x, letters: own } = distinct({ x: tensors[i]!, letters });
    const stretched = (d: number): boolean => x.shape[d] === 1 && known.get(own[d]!) !== 1;
    return { x: dropDims(x, stretched), letters: [...own].filter((_, d) => !stretched(d)).join("") };
  });
  const result = operands.reduce((a, b, i) => {
    const needed =
      output +
      operands
        .slice(i + 1)
        .map((o) => o.letters)
        .join("");
    return contract(reduced(a, needed + b.letters), reduced(b, needed + a.letters), needed);
  });
  const { x, letters } = reduced(result, output);
  return permute(
    x,
    [...output].map((l) => letters.indexOf(l)),
  );
});
