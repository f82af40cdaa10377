import { nextRows, tileOf } from "./gemmTile.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/**
 * Emits a function that copies lines of a matrix side by side, in panels of `width` lines: first the first elements of
 * each line of the panel, then the second ones, so that a tile reads one stream in order. Steps are in bytes.
 *
 *     pack(lines, k, source, lineStep, step, target)
 *
 * Element p of a line comes from source + line·lineStep + p·step. A panel takes k·width·4 bytes. Where the last one has
 * fewer lines, its last line is repeated up to a multiple of four, and the rest of it stays as it was.
 */
export function emitPackColumns(module: ModuleBuilder, name: string): FunctionBuilder {
  const width = tileOf(module.variant).vectors * 4;
  const f = module.func(name, new Array<"i32">(6).fill("i32"));
  const [lines, k, source, lineStep, step, target] = f.params.map((_, i) => i) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [from, to, left] = f.many(3, "i32") as [Local, Local, Local];
  const [inPanel, group] = f.many(2, "i32") as [Local, Local];
  const lanes = f.many(4, "i32");
  const rows = f.many(4, "v128");
  const pairs = f.many(4, "v128");

  /** Lines that are neighbours: whole rows of the panel at once. */
  const copyRows = (): void => {
    // Full panels, then what vectors the last one has.
    const copy = (vectors: number): void => {
      f.get(source).set(from).get(target).set(to).get(k).set(left);
      f.countDown(left, 1, () => {
        for (let j = 0; j < vectors; j++) {
          f.get(to)
            .get(from)
            .memory("v128.load", j * 16)
            .memory("v128.store", j * 16);
        }
        f.advanceBy(from, step).advance(to, width * 4);
      });
    };
    const choose = (vectors: number): void => {
      if (vectors === 1) return copy(1);
      f.get(inPanel)
        .i32(vectors * 4 - 4)
        .op("i32.gt_s")
        .if(
          () => copy(vectors),
          () => choose(vectors - 1),
        );
    };
    choose(width / 4);
  };

  /** Four lines, four elements of each: read along the lines, written across them. */
  const transpose = (): void => {
    lanes.forEach((lane, i) => f.get(lane).memory("v128.load").set(rows[i]!).advance(lane, 16));
    const pick = (a: Local, b: Local, lanes: readonly [number, number, number, number], to: Local): void => {
      f.get(a).get(b).shuffle(lanes).set(to);
    };
    pick(rows[0]!, rows[1]!, [0, 4, 1, 5], pairs[0]!);
    pick(rows[0]!, rows[1]!, [2, 6, 3, 7], pairs[1]!);
    pick(rows[2]!, rows[3]!, [0, 4, 1, 5], pairs[2]!);
    pick(rows[2]!, rows[3]!, [2, 6, 3, 7], pairs[3]!);
    const store = (i: number, half: number, high: boolean): void => {
      f.get(to)
        .get(pairs[half]!)
        .get(pairs[half + 2]!)
        .shuffle(high ? [2, 3, 6, 7] : [0, 1, 4, 5])
        .memory("v128.store", i * width * 4);
    };
    store(0, 0, false);
    store(1, 0, true);
    store(2, 1, false);
    store(3, 1, true);
    f.advance(to, width * 16);
  };

  const copyGroup = (): void => {
    // Lines past the end are the last one again.
    lanes.forEach((lane, i) => {
      f.get(group).i32(i).op("i32.add").tee(left);
      f.get(inPanel).i32(1).op("i32.sub").tee(from);
      f.get(left).get(from).op("i32.lt_s").op("select");
      f.get(lineStep).op("i32.mul").get(source).op("i32.add").set(lane);
    });
    f.get(target).get(group).i32(4).op("i32.mul").op("i32.add").set(to);
    f.get(k).set(left);
    f.get(step)
      .i32(4)
      .op("i32.eq")
      .if(() => f.countDown(left, 4, transpose));
    f.countDown(left, 1, () => {
      lanes.forEach((lane, i) => {
        f.get(to)
          .get(lane)
          .memory("f32.load")
          .memory("f32.store", i * 4);
        f.advanceBy(lane, step);
      });
      f.advance(to, width * 4);
    });
  };

  f.loop(() => {
    f.get(lines).i32(width).get(lines).i32(width).op("i32.lt_s").op("select").set(inPanel);
    f.get(lineStep)
      .i32(4)
      .op("i32.eq")
      .if(copyRows, () => {
        f.i32(0).set(group);
        f.loop(() => {
          copyGroup();
          f.advance(group, 4);
          f.get(group).get(inPanel).op("i32.lt_s").brIf(0);
        });
      });
    f.get(source).get(lineStep).i32(width).op("i32.mul").op("i32.add").set(source);
    f.get(target)
      .get(k)
      .i32(width * 4)
      .op("i32.mul")
      .op("i32.add")
      .set(target);
    f.get(lines).i32(width).op("i32.sub").tee(lines).i32(0).op("i32.gt_s").brIf(0);
  });
  return f;
}

/** As `emitPackColumns`, for the rows of A: a panel has the rows of one tile. */
export function emitPackRows(module: ModuleBuilder, name: string): FunctionBuilder {
  const tile = tileOf(module.variant);
  const width = tile.rows;
  const f = module.func(name, new Array<"i32">(6).fill("i32"));
  const [lines, k, source, lineStep, step, target] = f.params.map((_, i) => i) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const [from, to, left, rows, line] = f.many(5, "i32") as [Local, Local, Local, Local, Local];
  f.loop(() => {
    nextRows(f, tile, lines, rows);
    f.get(lineStep).i32(4).op("i32.eq");
    f.if(
      () => {
        f.get(source).set(from).get(target).set(to).get(k).set(left);
        f.countDown(left, 1, () => {
          f.get(to).get(from).memory("v128.load").memory("v128.store");
          if (width === 6) f.get(to).get(from).memory("v128.load64_zero", 16).laneMemory("v128.store64_lane", 0, 16);
          f.advanceBy(from, step).advance(to, width * 4);
        });
      },
      () => {
        f.i32(0).set(line);
        f.loop(() => {
          f.get(line).get(lineStep).op("i32.mul").get(source).op("i32.add").set(from);
          f.get(line).i32(4).op("i32.mul").get(target).op("i32.add").set(to);
          f.get(k).set(left);
          f.countDown(left, 1, () => {
            f.get(to).get(from).memory("f32.load").memory("f32.store");
            f.advanceBy(from, step).advance(to, width * 4);
          });
          f.advance(line, 1).get(line).get(rows).op("i32.lt_s").brIf(0);
        });
      },
    );
    f.get(source).get(lineStep).get(rows).op("i32.mul").op("i32.add").set(source);
    f.get(target)
      .get(k)
      .i32(width * 4)
      .op("i32.mul")
      .op("i32.add")
      .set(target);
    f.get(lines).get(rows).op("i32.sub").tee(lines).brIf(0);
  });
  return f;
}
