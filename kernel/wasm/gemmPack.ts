import { chooseStrip, nextRows, tileOf, type Element } from "./gemmTile.ts";
import type { FunctionBuilder, Lanes, Local, ModuleBuilder } from "./module.ts";

/**
 * Emits a function that copies lines of a matrix side by side, in panels as wide as a tile of C: first the first elements
 * of each line of the panel, then the second ones, so that a tile reads one stream in order. Steps are in bytes.
 *
 *     pack(lines, k, source, lineStep, step, target)
 *
 * Element p of a line comes from source + line·lineStep + p·step. Every panel takes k rows of `width` elements. Where the
 * last one has fewer lines, its last line is repeated up to the width of a strip, and the rest of it stays as it was.
 */
export function emitPackColumns(module: ModuleBuilder, element: Element, name: string): FunctionBuilder {
  const { bytes, lanes, load, store } = element;
  const width = tileOf(module.variant).vectors * lanes;
  const f = module.func(name, new Array<"i32">(6).fill("i32"));
  const [lines, k, source, lineStep, step, target] = f.params.map((_, i) => i) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [from, to, left, inPanel, group, columns, count] = f.many(7, "i32") as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const heads = f.many(lanes, "i32");
  const vectors = f.many(lanes, "v128");
  const pairs = f.many(lanes, "v128");

  /** Lines that are neighbours: whole rows of the panel at once. */
  const copyRows = (wide: number): void => {
    f.get(source).set(from).get(target).set(to).get(count).set(left);
    f.countDown(left, 1, () => {
      for (let j = 0; j < wide; j++) {
        f.get(to)
          .get(from)
          .memory("v128.load", j * 16)
          .memory("v128.store", j * 16);
      }
      f.advanceBy(from, step).advance(to, width * bytes);
    });
  };
  /** A square of vectors: read along the lines, written across them. */
  const transpose = (): void => {
    heads.forEach((head, i) => f.get(head).memory("v128.load").set(vectors[i]!).advance(head, 16));
    const put = (i: number, a: Local, b: Local, pick: Lanes): void => {
      f.get(to)
        .get(a)
        .get(b)
        .shuffle(pick)
        .memory("v128.store", i * width * bytes);
    };
    const [v0, v1, v2, v3] = vectors as [Local, Local, Local, Local];
    if (lanes === 2) {
      put(0, v0, v1, [0, 1, 4, 5]);
      put(1, v0, v1, [2, 3, 6, 7]);
    } else {
      const [low01, high01, low23, high23] = pairs as [Local, Local, Local, Local];
      f.get(v0).get(v1).shuffle([0, 4, 1, 5]).set(low01);
      f.get(v0).get(v1).shuffle([2, 6, 3, 7]).set(high01);
      f.get(v2).get(v3).shuffle([0, 4, 1, 5]).set(low23);
      f.get(v2).get(v3).shuffle([2, 6, 3, 7]).set(high23);
      put(0, low01, low23, [0, 1, 4, 5]);
      put(1, low01, low23, [2, 3, 6, 7]);
      put(2, high01, high23, [0, 1, 4, 5]);
      put(3, high01, high23, [2, 3, 6, 7]);
    }
    f.advance(to, lanes * width * bytes);
  };

  /** As many lines as a vector has elements. */
  const copyGroup = (): void => {
    // Lines past the end are the last one again.
    heads.forEach((head, i) => {
      f.get(group).i32(i).op("i32.add").tee(left);
      f.get(inPanel).i32(1).op("i32.sub").tee(from);
      f.get(left).get(from).op("i32.lt_s").op("select");
      f.get(lineStep).op("i32.mul").get(source).op("i32.add").set(head);
    });
    f.get(target).get(group).i32(bytes).op("i32.mul").op("i32.add").set(to);
    f.get(k).set(left);
    f.get(step).i32(bytes).op("i32.eq");
    f.if(() => f.countDown(left, lanes, transpose));
    f.countDown(left, 1, () => {
      heads.forEach((head, i) => {
        f.get(to)
          .get(head)
          .memory(load)
          .memory(store, i * bytes);
        f.advanceBy(head, step);
      });
      f.advance(to, width * bytes);
    });
  };

  const panel = (copyPanel: () => void): void => {
    f.get(lines).i32(width).get(lines).i32(width).op("i32.lt_s").op("select").set(inPanel);
    copyPanel();
    next(f, source, lineStep, () => f.i32(width), target, k, width * bytes);
    f.get(lines).i32(width).op("i32.sub").tee(lines).i32(0).op("i32.gt_s").brIf(0);
  };
  f.get(lineStep).i32(bytes).op("i32.eq");
  f.if(
    () =>
      inSteps(f, { lines, k, source, step, target, count }, width * bytes, () => {
        f.loop(() => panel(() => chooseStrip(f, lanes, inPanel, copyRows)));
      }),
    () =>
      f.loop(() =>
        panel(() => {
          chooseStrip(f, lanes, inPanel, (vectors) => f.i32(vectors * lanes).set(columns));
          f.i32(0).set(group);
          f.loop(() => {
            copyGroup();
            f.advance(group, lanes).get(group).get(columns).op("i32.lt_s").brIf(0);
          });
        }),
      ),
  );
  return f;
}

/** As `emitPackColumns`, for the rows of A: a panel has the rows of one tile. */
export function emitPackRows(module: ModuleBuilder, element: Element, name: string): FunctionBuilder {
  const { bytes, load, store } = element;
  const tile = tileOf(module.variant);
  const row = tile.rows * bytes;
  const f = module.func(name, new Array<"i32">(6).fill("i32"));
  const [lines, k, source, lineStep, step, target] = f.params.map((_, i) => i) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [from, to, left, rows, line, count] = f.many(6, "i32") as [Local, Local, Local, Local, Local, Local];
  const copyNeighbours = (): void => {
    f.get(source).set(from).get(target).set(to).get(count).set(left);
    f.countDown(left, 1, () => {
      for (let at = 0; at + 16 <= row; at += 16) f.get(to).get(from).memory("v128.load", at).memory("v128.store", at);
      if (row % 16 === 8) {
        f.get(to)
          .get(from)
          .memory("v128.load64_zero", row - 8)
          .laneMemory("v128.store64_lane", 0, row - 8);
      }
      f.advanceBy(from, step).advance(to, row);
    });
  };
  const copyLines = (): void => {
    f.i32(0).set(line);
    f.loop(() => {
      f.get(line).get(lineStep).op("i32.mul").get(source).op("i32.add").set(from);
      f.get(line).i32(bytes).op("i32.mul").get(target).op("i32.add").set(to);
      f.get(k).set(left);
      f.countDown(left, 1, () => {
        f.get(to).get(from).memory(load).memory(store);
        f.advanceBy(from, step).advance(to, row);
      });
      f.advance(line, 1).get(line).get(rows).op("i32.lt_s").brIf(0);
    });
  };
  const panels = (copyPanel: () => void): void => {
    f.loop(() => {
      nextRows(f, tile, lines, rows);
      copyPanel();
      next(f, source, lineStep, () => f.get(rows), target, k, row);
      f.get(lines).get(rows).op("i32.sub").tee(lines).brIf(0);
    });
  };
  f.get(lineStep).i32(bytes).op("i32.eq");
  f.if(
    () => inSteps(f, { lines, k, source, step, target, count }, row, () => panels(copyNeighbours)),
    () => panels(copyLines),
  );
  return f;
}

/** To the next panel: source += lineStep·lines, target += k·rowBytes. */
function next(
  f: FunctionBuilder,
  source: Local,
  lineStep: Local,
  lines: () => void,
  target: Local,
  k: Local,
  rowBytes: number,
): void {
  f.get(source).get(lineStep);
  lines();
  f.op("i32.mul").op("i32.add").set(source);
  f.get(target).get(k).i32(rowBytes).op("i32.mul").op("i32.add").set(target);
}

/** How many rows go to all panels before the next ones do: memory is read in the order in which it lies, some lines at once. */
const rowsAtOnce = 8;

/** Emits `copy` for a few of the k rows after the other: it copies `count` of them to all panels, and may change its locals. */
function inSteps(
  f: FunctionBuilder,
  { lines, k, source, step, target, count }: Record<"lines" | "k" | "source" | "step" | "target" | "count", Local>,
  rowBytes: number,
  copy: () => void,
): void {
  const [allLines, from, to, left] = f.many(4, "i32") as [Local, Local, Local, Local];
  f.get(lines).set(allLines).get(source).set(from).get(target).set(to).get(k).set(left);
  f.loop(() => {
    f.get(left).i32(rowsAtOnce).get(left).i32(rowsAtOnce).op("i32.lt_s").op("select").set(count);
    f.get(allLines).set(lines).get(from).set(source).get(to).set(target);
    copy();
    f.get(count).get(step).op("i32.mul").get(from).op("i32.add").set(from);
    f.get(count).i32(rowBytes).op("i32.mul").get(to).op("i32.add").set(to);
    f.get(left).get(count).op("i32.sub").tee(left).brIf(0);
  });
}
