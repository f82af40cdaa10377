import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import type { Variant } from "./variant.ts";

/**
 * The heart of the matrix product: a tile of C stays in registers while a few rows of A and a few columns of B stream
 * past. 12 sums, 2 loads of B and 1 of A are the 15 registers that V8 has; without a fused multiply-add one more is
 * needed for the product, and 4 × 8 was the fastest.
 */
export interface Tile {
  readonly rows: number;
  /** Vectors of four columns, or two of doubles. */
  readonly vectors: number;
}
export function tileOf(variant: Variant): Tile {
  return variant.wide ? { rows: 6, vectors: 4 } : variant.fma ? { rows: 6, vectors: 2 } : { rows: 4, vectors: 2 };
}

/** How many vectors the last strip may have. Three would not be faster than four: V8 pairs them. */
export function stripWidths(variant: Variant): readonly number[] {
  return variant.wide ? [4, 2, 1] : [2, 1];
}
/**
 * Emits, for `n` columns that are left (a strip's width at most), the widest of the strips that is not wider than needed.
 */
export function chooseStrip(
  f: FunctionBuilder,
  lanes: number,
  n: Local,
  use: (vectors: number) => void,
  widths: readonly number[] = stripWidths(f.variant),
): void {
  const [width, ...narrower] = widths as [number, ...number[]];
  if (narrower.length === 0) return use(width);
  f.get(n)
    .i32(narrower[0]! * lanes)
    .op("i32.gt_s");
  f.if(
    () => use(width),
    () => chooseStrip(f, lanes, n, use, narrower),
  );
}

/** The elements of a matrix: floats, or doubles, of which two take the place of four. */
export interface Element {
  readonly bytes: 4 | 8;
  /** Elements of a vector. */
  readonly lanes: 4 | 2;
  readonly type: "f32x4" | "f64x2";
  readonly splat: "v128.load32_splat" | "v128.load64_splat";
  readonly load: "f32.load" | "f64.load";
  readonly store: "f32.store" | "f64.store";
}
export const single: Element = {
  bytes: 4,
  lanes: 4,
  type: "f32x4",
  splat: "v128.load32_splat",
  load: "f32.load",
  store: "f32.store",
};
export const double: Element = {
  bytes: 8,
  lanes: 2,
  type: "f64x2",
  splat: "v128.load64_splat",
  load: "f64.load",
  store: "f64.store",
};

/**
 * Emits the choice of how many rows the next tile has, so that no tile is much smaller than it must be: 7 rows are
 * 4 + 3 and not 6 + 1. Whoever packs A cuts it in the same way.
 */
export function nextRows(f: FunctionBuilder, { rows }: Tile, left: Local, next: Local): void {
  f.get(left).set(next);
  f.get(left)
    .i32(rows)
    .op("i32.gt_s")
    .if(() =>
      f
        .i32(rows)
        .i32((rows >> 1) + 1)
        .get(left)
        .i32(rows + 3)
        .op("i32.ge_s")
        .op("select")
        .set(next),
    );
}

/** How a strip reads A. */
export type Side =
  /** The rows of a tile are neighbours in memory: A transposed, or packed. */
  | "columns"
  /** The elements of a row are neighbours in memory. */
  | "rows";

/**
 * Emits a function that computes a strip of C, `vectors` vectors wide and m rows high; all steps are in bytes.
 *
 *     strip(m, k, a, rowA, columnA, panelA, b, rowB, from, rowFrom, c, rowC)
 *
 * C = from + A·B. `from` is what the sums start with: C itself, a bias (rowFrom 0) or zeros (rowFrom 0). Each element is
 * summed from k = 0 on, one product after the other, whatever the tile.
 * `panelA` is added to `a` after each tile, beside its rows: for a packed A, whose rowA is 0. With "rows" columnA is not used.
 */
export function emitStrip(
  module: ModuleBuilder,
  element: Element,
  name: string,
  side: Side,
  vectors: number,
): FunctionBuilder {
  const { bytes, splat, type } = element;
  const tile = tileOf(module.variant);
  const f = module.func(name, new Array<"i32">(12).fill("i32"));
  const [m, k, a, rowA, columnA, panelA, b, rowB, from, rowFrom, c, rowC] = f.params.map((_, i) => i) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const rows = f.local("i32");
  const left = f.local("i32");
  const bAt = f.local("i32");
  const at = f.many(side === "rows" ? tile.rows : 1, "i32");
  const sums = Array.from({ length: tile.rows }, () => f.many(vectors, "v128"));
  const right = f.many(vectors, "v128");
  const factor = f.local("v128");

  const step = (count: number, i: number): void => {
    right.forEach((v, j) =>
      f
        .get(bAt)
        .memory("v128.load", j * 16)
        .set(v),
    );
    f.advanceBy(bAt, rowB);
    for (let r = 0; r < count; r++) {
      f.get(at[side === "rows" ? r : 0]!)
        .memory(splat, (side === "rows" ? i : r) * bytes)
        .set(factor);
      sums[r]!.forEach((sum, j) =>
        f
          .madd(
            () => f.get(factor),
            () => f.get(right[j]!),
            () => f.get(sum),
            type,
          )
          .set(sum),
      );
    }
    if (side === "columns") f.advanceBy(at[0]!, columnA);
  };
  const advanceRows = (count: number, elements: number): void => {
    if (side === "rows") for (let r = 0; r < count; r++) f.advance(at[r]!, elements * bytes);
  };
  const emitTile = (count: number): void => {
    f.get(a).set(at[0]!);
    if (side === "rows") {
      for (let r = 1; r < count; r++)
        f.get(at[r - 1]!)
          .get(rowA)
          .op("i32.add")
          .set(at[r]!);
    }
    f.get(b).set(bAt).get(k).set(left);
    for (let r = 0; r < count; r++) {
      sums[r]!.forEach((sum, j) =>
        f
          .get(from)
          .memory("v128.load", j * 16)
          .set(sum),
      );
      f.advanceBy(from, rowFrom);
    }
    // Four steps of A's rows are one move of their addresses. Tiles that are not full occur once in a strip.
    const unroll = count !== tile.rows ? (side === "rows" && count === 4 ? 4 : 1) : side === "rows" ? 4 : 2;
    f.countDown(left, unroll, () => {
      for (let i = 0; i < unroll; i++) step(count, i);
      advanceRows(count, unroll);
    });
    if (unroll > 1) {
      f.countDown(left, 1, () => {
        step(count, 0);
        advanceRows(count, 1);
      });
    }
    for (let r = 0; r < count; r++) {
      sums[r]!.forEach((sum, j) =>
        f
          .get(c)
          .get(sum)
          .memory("v128.store", j * 16),
      );
      f.advanceBy(c, rowC);
    }
  };

  f.loop(() => {
    nextRows(f, tile, m, rows);
    // The cases from the tallest on, since that is nearly always the one.
    const choose = (count: number): void => {
      if (count === 1) return emitTile(1);
      f.get(rows).i32(count).op("i32.eq");
      f.if(
        () => emitTile(count),
        () => choose(count - 1),
      );
    };
    choose(tile.rows);
    f.get(a).get(rows).get(rowA).op("i32.mul").op("i32.add").get(panelA).op("i32.add").set(a);
    f.get(m).get(rows).op("i32.sub").tee(m).brIf(0);
  });
  return f;
}
