import { emitPackColumns, emitPackRows } from "./gemmPack.ts";
import { emitStrip, tileOf } from "./gemmTile.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/**
 * Sizes of the blocks. A panel of B (columns of a tile × depth) stays in the first cache while the rows of A pass by it;
 * a block of A (rows × depth) and one of B (depth × columns) stay in the second.
 */
export const rowsInBlock = 240;
export const depthOfBlock = 320;
export const columnsInBlock = 512;

/** What a call of `run` needs to work in: where each part begins, in bytes. */
export const edgeAt = 64;
export const packedRowsAt = edgeAt + rowsInBlock * 64;
export const packedColumnsAt = packedRowsAt + rowsInBlock * depthOfBlock * 4;
export const workBytes = packedColumnsAt + depthOfBlock * columnsInBlock * 4;

/** How A and B are read; the sum of some. */
export const packB = 1;
export const packA = 2;
/** The rows of A are neighbours in memory: A is transposed. */
export const rowsAdjacent = 4;

/**
 * Emits the whole product: cuts it into blocks, packs what is to be packed, and leaves the strips to gemmTile.ts.
 *
 *     run(m, n, k, a, rowA, columnA, b, rowB, columnB, from, rowFrom, columnFrom, c, rowC, how, work)
 *
 * Steps are in bytes, those of C's columns 4. Without packB, columnB must be 4; without packA, either columnA or (with
 * rowsAdjacent) rowA must be 4. C = from + A·B, see `emitStrip`. m, n and k must be positive.
 */
export function emitGemm(module: ModuleBuilder): void {
  const tile = tileOf(module.variant);
  const width = tile.vectors * 4;
  const copyEdge = emitCopyEdge(module);
  const panels = emitPanels(module, copyEdge);
  const packColumns = emitPackColumns(module, "packColumns");
  const packRows = emitPackRows(module, "_packRows");
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
  const [nc, kc, mc, kLeft, mLeft, kMost] = f.many(6, "i32") as [Local, Local, Local, Local, Local, Local];
  const [aBlock, aAt, bAt, bUse, rowB2, panelB] = f.many(6, "i32") as [Local, Local, Local, Local, Local, Local];
  const [start, rowStart, columnStart, startAt, cAt] = f.many(5, "i32") as [Local, Local, Local, Local, Local];

  const least = (x: Local, y: () => void, to: Local): void => {
    f.get(x);
    y();
    f.get(x);
    y();
    f.op("i32.lt_s").op("select").set(to);
  };
  const has = (bit: number, then: () => void, otherwise: () => void): void => {
    f.get(how).i32(bit).op("i32.and").if(then, otherwise);
  };
  const times = (x: Local, y: Local): FunctionBuilder => f.get(x).get(y).op("i32.mul");

  // Equal depths: ⌈k / blocks⌉, a multiple of four so that only the last one has a rest.
  f.get(k)
    .get(k)
    .i32(depthOfBlock - 1)
    .op("i32.add")
    .i32(depthOfBlock)
    .op("i32.div_u")
    .tee(kMost);
  f.op("i32.add").i32(1).op("i32.sub").get(kMost).op("i32.div_u").i32(3).op("i32.add").i32(-4).op("i32.and").set(kMost);

  f.loop(() => {
    has(
      packB,
      () => least(n, () => f.i32(columnsInBlock), nc),
      () => f.get(n).set(nc),
    );
    f.get(k).set(kLeft).get(a).set(aBlock).get(b).set(bAt);
    f.get(from).set(start).get(rowFrom).set(rowStart).get(columnFrom).set(columnStart);
    f.loop(() => {
      least(kLeft, () => f.get(kMost), kc);
      has(
        packB,
        () => {
          f.get(work).i32(packedColumnsAt).op("i32.add").set(bUse);
          f.get(nc).get(kc).get(bAt).get(columnB).get(rowB).get(bUse).call(packColumns);
          f.i32(width * 4).set(rowB2);
          f.get(kc)
            .i32(width * 4)
            .op("i32.mul")
            .set(panelB);
        },
        () =>
          f
            .get(bAt)
            .set(bUse)
            .get(rowB)
            .set(rowB2)
            .i32(width * 4)
            .set(panelB),
      );
      f.get(m).set(mLeft).get(aBlock).set(aAt).get(c).set(cAt).get(start).set(startAt);
      f.loop(() => {
        least(mLeft, () => f.i32(rowsInBlock), mc);
        const call = (side: "rows" | "columns", packed: boolean): void => {
          f.get(mc).get(nc).get(kc);
          if (packed)
            f.get(work)
              .i32(packedRowsAt)
              .op("i32.add")
              .i32(0)
              .i32(tile.rows * 4)
              .get(kc)
              .i32(tile.rows * 4)
              .op("i32.mul");
          else f.get(aAt).get(rowA).get(columnA).i32(0);
          f.get(bUse).get(rowB2).get(panelB).get(startAt).get(rowStart).get(columnStart).get(cAt).get(rowC);
          f.get(work).i32(edgeAt).op("i32.add").call(panels[side]);
        };
        has(
          packA,
          () => {
            f.get(mc).get(kc).get(aAt).get(rowA).get(columnA).get(work).i32(packedRowsAt).op("i32.add").call(packRows);
            call("columns", true);
          },
          () =>
            has(
              rowsAdjacent,
              () => call("columns", false),
              () => call("rows", false),
            ),
        );
        times(rowA, mc).get(aAt).op("i32.add").set(aAt);
        times(rowC, mc).get(cAt).op("i32.add").set(cAt);
        times(rowStart, mc).get(startAt).op("i32.add").set(startAt);
        f.get(mLeft).get(mc).op("i32.sub").tee(mLeft).brIf(0);
      });
      times(columnA, kc).get(aBlock).op("i32.add").set(aBlock);
      times(rowB, kc).get(bAt).op("i32.add").set(bAt);
      // From the second block on the sums go on from where C is.
      f.get(c).set(start).get(rowC).set(rowStart).i32(4).set(columnStart);
      f.get(kLeft).get(kc).op("i32.sub").tee(kLeft).brIf(0);
    });
    times(columnB, nc).get(b).op("i32.add").set(b);
    times(columnFrom, nc).get(from).op("i32.add").set(from);
    f.get(nc).i32(4).op("i32.mul").get(c).op("i32.add").set(c);
    f.get(n).get(nc).op("i32.sub").tee(n).brIf(0);
  });
}

/**
 * For each way to read A, a function that runs over the panels of B.
 *
 *     panels(m, n, k, a, rowA, columnA, panelA, b, rowB, panelB, from, rowFrom, columnFrom, c, rowC, edge)
 */
function emitPanels(
  module: ModuleBuilder,
  copyEdge: FunctionBuilder,
): { rows: FunctionBuilder; columns: FunctionBuilder } {
  const { vectors: most } = tileOf(module.variant);
  const width = most * 4;
  const emit = (side: "rows" | "columns"): FunctionBuilder => {
    const strips = Array.from({ length: most }, (_, v) => emitStrip(module, `_${side}${v + 1}`, side, v + 1));
    const f = module.func(`_${side}`, new Array<"i32">(16).fill("i32"));
    const [m, n, k, a, rowA, columnA, panelA, b, rowB, panelB, from, rowFrom, columnFrom, c, rowC, edge] = f.params.map(
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
    const strip = (vectors: number, c: Local, rowC: () => void): void => {
      f.get(m).get(k).get(a).get(rowA).get(columnA).get(panelA).get(b).get(rowB).get(from).get(rowFrom).get(c);
      rowC();
      f.call(strips[vectors - 1]!);
    };
    const choose = (vectors: number, use: (vectors: number) => void): void => {
      if (vectors === 1) return use(1);
      f.get(n)
        .i32(vectors * 4 - 4)
        .op("i32.gt_s")
        .if(
          () => use(vectors),
          () => choose(vectors - 1, use),
        );
    };
    f.block(() => {
      f.loop(() => {
        f.get(n).i32(width).op("i32.lt_s").brIf(1);
        strip(most, c, () => f.get(rowC));
        f.advanceBy(b, panelB);
        f.advance(c, width * 4);
        f.get(columnFrom)
          .i32(width / 4)
          .op("i32.mul")
          .i32(4)
          .op("i32.mul")
          .get(from)
          .op("i32.add")
          .set(from);
        f.get(n).i32(width).op("i32.sub").tee(n).brIf(0);
      });
    });
    f.get(n)
      .op("i32.eqz")
      .if(() => f.op("return"));
    f.get(n)
      .i32(3)
      .op("i32.and")
      .if(
        () => {
          choose(most, (v) => strip(v, edge, () => f.i32(width * 4)));
          f.get(m).get(n).get(edge).get(c).get(rowC).call(copyEdge);
        },
        () => choose(most - 1, (v) => strip(v, c, () => f.get(rowC))),
      );
    return f;
  };
  return { rows: emit("rows"), columns: emit("columns") };
}

/** From whole vectors to rows that end within one: copyEdge(m, n, edge, c, rowC). */
function emitCopyEdge(module: ModuleBuilder): FunctionBuilder {
  const width = tileOf(module.variant).vectors * 4;
  const f = module.func("_copyEdge", new Array<"i32">(5).fill("i32"));
  const [m, n, edge, c, rowC] = [0, 1, 2, 3, 4] as const;
  const [from, to, left] = f.many(3, "i32") as [Local, Local, Local];
  f.countDown(m, 1, () => {
    f.get(edge).set(from).get(c).set(to).get(n).set(left);
    f.countDown(left, 4, () =>
      f.get(to).get(from).memory("v128.load").memory("v128.store").advance(from, 16).advance(to, 16),
    );
    f.countDown(left, 1, () =>
      f.get(to).get(from).memory("f32.load").memory("f32.store").advance(from, 4).advance(to, 4),
    );
    f.advance(edge, width * 4).advanceBy(c, rowC);
  });
  return f;
}
