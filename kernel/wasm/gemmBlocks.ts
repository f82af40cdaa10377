import { emitPackColumns, emitPackRows } from "./gemmPack.ts";
import { emitPanels } from "./gemmPanels.ts";
import { tileOf, type Element } from "./gemmTile.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/**
 * Sizes of the blocks. A panel of B (columns of a tile × depth) stays in the first cache while the rows of A pass by it;
 * a block of A (rows × depth) and one of B (depth × columns) stay in the second. Deep blocks touch C less often.
 */
export const rowsInBlock = 144;
/** Rows of an A that is read where it lies: few, so that a block of C is not so many pages at once. */
const rowsRead = 48;
export const columnsInBlock = 512;
const depthBytes = 2048;

/** What a call of `run` needs to work in: where each part begins, in bytes. The first 64 bytes are zeros. */
const edgeAt = 64;
const packedRowsAt = edgeAt + rowsInBlock * 64;
const packedColumnsAt = packedRowsAt + rowsInBlock * depthBytes;
export const workBytes = packedColumnsAt + columnsInBlock * depthBytes;

/** How A and B are read; the sum of some. */
export const packB = 1;
export const packA = 2;
/** The rows of A are neighbours in memory: A is transposed. */
export const rowsAdjacent = 4;
/** B is what `packRight` made; rowB and columnB are not used. */
export const prepackedB = 8;

/**
 * Emits the whole product: cuts it into blocks, packs what is to be packed, and leaves the strips to gemmTile.ts.
 *
 *     run(m, n, k, a, rowA, columnA, b, rowB, columnB, from, rowFrom, columnFrom, c, rowC, how, work)
 *     batch(count, stepA, stepB, stepFrom, stepC, …as run)
 *     packRight(n, k, b, rowB, columnB, target)
 *
 * Steps are in bytes; those of C's columns are those of an element, as columnB must be without packB, and without packA
 * either columnA or (with rowsAdjacent) rowA. C = from + A·B, see `emitStrip`. m, n, k and count must be positive.
 */
export function emitGemm(module: ModuleBuilder, element: Element): void {
  const { bytes, lanes } = element;
  const tile = tileOf(module.variant);
  const width = tile.vectors * lanes;
  const row = width * bytes;
  const panels = emitPanels(module, element);
  const packColumns = emitPackColumns(module, element, "_packColumns");
  const packRows = emitPackRows(module, element, "_packRows");
  const f = module.func("run", new Array<"i32">(16).fill("i32"));
  const [m, n, k, a, rowA, columnA, b, rowB, columnB, from, rowFrom, columnFrom, c, rowC, how, work] = f.params.map(
    (_, i) => i,
  ) as Local[] as [
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
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [nc, kc, mc, kLeft, mLeft, depth] = f.many(6, "i32") as [Local, Local, Local, Local, Local, Local];
  const [aBlock, aAt, bAt, bUse, bRow, bPanel, bNext] = f.many(7, "i32") as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [start, rowStart, columnStart, startAt, cAt] = f.many(5, "i32") as [Local, Local, Local, Local, Local];

  const has = (bit: number, then: () => void, otherwise: () => void): void => {
    f.get(how).i32(bit).op("i32.and").if(then, otherwise);
  };
  /** x += step · count */
  const skip = (x: Local, step: Local, count: Local): void => {
    f.get(step).get(count).op("i32.mul").get(x).op("i32.add").set(x);
  };
  const copy = (x: Local, to: Local): void => void f.get(x).set(to);
  const workAt = (offset: number): void => void f.get(work).i32(offset).op("i32.add");

  const takeB = (): void => {
    const packedLayout = (): void => {
      f.i32(row).set(bRow).get(kc).i32(row).op("i32.mul").set(bPanel);
    };
    has(
      packB,
      () => {
        workAt(packedColumnsAt);
        f.set(bUse).get(nc).get(kc).get(bAt).get(columnB).get(rowB).get(bUse).call(packColumns);
        packedLayout();
        f.get(rowB).get(kc).op("i32.mul").set(bNext);
      },
      () => {
        copy(bAt, bUse);
        has(
          prepackedB,
          () => {
            packedLayout();
            panelCount(f, nc, width);
            f.get(bPanel).op("i32.mul").set(bNext);
          },
          () => f.get(rowB).set(bRow).i32(row).set(bPanel).get(rowB).get(kc).op("i32.mul").set(bNext),
        );
      },
    );
  };
  const multiply = (side: "rows" | "columns", packed: boolean): void => {
    f.get(mc).get(nc).get(kc);
    if (packed) {
      workAt(packedRowsAt);
      f.i32(0)
        .i32(tile.rows * bytes)
        .get(kc)
        .i32(tile.rows * bytes)
        .op("i32.mul");
    } else f.get(aAt).get(rowA).get(columnA).i32(0);
    f.get(bUse).get(bRow).get(bPanel).get(startAt).get(rowStart).get(columnStart).get(cAt).get(rowC);
    workAt(edgeAt);
    f.call(panels[side]);
  };

  equalDepth(f, k, depth, element);
  f.loop(() => {
    has(packB | prepackedB, () => least(f, n, () => f.i32(columnsInBlock), nc), () => copy(n, nc)); // prettier-ignore
    for (const [x, to] of [[k, kLeft], [a, aBlock], [b, bAt], [from, start], [rowFrom, rowStart], [columnFrom, columnStart]] as const) copy(x, to); // prettier-ignore
    f.loop(() => {
      least(f, kLeft, () => f.get(depth), kc);
      takeB();
      for (const [x, to] of [[m, mLeft], [aBlock, aAt], [c, cAt], [start, startAt]] as const) copy(x, to); // prettier-ignore
      f.loop(() => {
        least(f, mLeft, () => f.i32(rowsInBlock).i32(rowsRead).get(how).i32(packA).op("i32.and").op("select"), mc);
        has(
          packA,
          () => {
            f.get(mc).get(kc).get(aAt).get(rowA).get(columnA);
            workAt(packedRowsAt);
            f.call(packRows);
            multiply("columns", true);
          },
          () =>
            has(
              rowsAdjacent,
              () => multiply("columns", false),
              () => multiply("rows", false),
            ),
        );
        skip(aAt, rowA, mc);
        skip(cAt, rowC, mc);
        skip(startAt, rowStart, mc);
        f.get(mLeft).get(mc).op("i32.sub").tee(mLeft).brIf(0);
      });
      skip(aBlock, columnA, kc);
      f.advanceBy(bAt, bNext);
      // From the second block on the sums go on from where C is.
      f.get(c).set(start).get(rowC).set(rowStart).i32(bytes).set(columnStart);
      f.get(kLeft).get(kc).op("i32.sub").tee(kLeft).brIf(0);
    });
    has(prepackedB, () => copy(bAt, b), () => skip(b, columnB, nc)); // prettier-ignore
    skip(from, columnFrom, nc);
    f.get(nc).i32(bytes).op("i32.mul").get(c).op("i32.add").set(c);
    f.get(n).get(nc).op("i32.sub").tee(n).brIf(0);
  });
  emitBatch(module, f);
  emitPackRight(module, element, packColumns);
}

/** to = min(x, y) */
function least(f: FunctionBuilder, x: Local, y: () => void, to: Local): void {
  f.get(x);
  y();
  f.get(x);
  y();
  f.op("i32.lt_s").op("select").set(to);
}

/** ⌈n / width⌉ on the stack. */
function panelCount(f: FunctionBuilder, n: Local, width: number): void {
  f.get(n)
    .i32(width - 1)
    .op("i32.add")
    .i32(width)
    .op("i32.div_u");
}

/** Blocks of k are equally deep: ⌈k / blocks⌉, and a multiple of four so that only the last one has a rest. */
function equalDepth(f: FunctionBuilder, k: Local, depth: Local, { bytes }: Element): void {
  panelCount(f, k, depthBytes / bytes);
  f.set(depth);
  f.get(k).get(depth).op("i32.add").i32(1).op("i32.sub").get(depth).op("i32.div_u");
  f.i32(3).op("i32.add").i32(-4).op("i32.and").set(depth);
}

function emitBatch(module: ModuleBuilder, run: FunctionBuilder): void {
  const f = module.func("batch", new Array<"i32">(21).fill("i32"));
  const [count, stepA, stepB, stepFrom, stepC] = [0, 1, 2, 3, 4] as const;
  f.loop(() => {
    for (let i = 5; i < 21; i++) f.get(i);
    f.call(run);
    f.advanceBy(8, stepA).advanceBy(11, stepB).advanceBy(14, stepFrom).advanceBy(17, stepC);
    f.get(count).i32(1).op("i32.sub").tee(count).brIf(0);
  });
}

/** All of B as `run` wants it with prepackedB: for each block of columns the blocks of k, each as packed. */
function emitPackRight(module: ModuleBuilder, element: Element, packColumns: FunctionBuilder): void {
  const width = tileOf(module.variant).vectors * element.lanes;
  const f = module.func("packRight", new Array<"i32">(6).fill("i32"));
  const [n, k, b, rowB, columnB, target] = [0, 1, 2, 3, 4, 5] as const;
  const [nc, kc, kLeft, depth, bAt] = f.many(5, "i32") as [Local, Local, Local, Local, Local];
  equalDepth(f, k, depth, element);
  f.loop(() => {
    least(f, n, () => f.i32(columnsInBlock), nc);
    f.get(k).set(kLeft).get(b).set(bAt);
    f.loop(() => {
      least(f, kLeft, () => f.get(depth), kc);
      f.get(nc).get(kc).get(bAt).get(columnB).get(rowB).get(target).call(packColumns);
      panelCount(f, nc, width);
      f.get(kc).op("i32.mul").i32(width * element.bytes).op("i32.mul").get(target).op("i32.add").set(target); // prettier-ignore
      f.get(rowB).get(kc).op("i32.mul").get(bAt).op("i32.add").set(bAt);
      f.get(kLeft).get(kc).op("i32.sub").tee(kLeft).brIf(0);
    });
    f.get(columnB).get(nc).op("i32.mul").get(b).op("i32.add").set(b);
    f.get(n).get(nc).op("i32.sub").tee(n).brIf(0);
  });
}
