import { copyHead, partOffset } from "./convPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/** Emits `fill(address, bytes)`: zeros; bytes must be a multiple of 4. */
export function emitZero(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_zero", ["i32", "i32"]);
  const [to, bytes] = [0, 1];
  const zeros = f.local("v128");
  f.countDown(bytes, 32, () => {
    f.get(to).get(zeros).memory("v128.store", 0).get(to).get(zeros).memory("v128.store", 16);
    f.advance(to, 32);
  });
  f.countDown(bytes, 4, () => f.get(to).i32(0).memory("i32.store").advance(to, 4));
  return f;
}

/** Emits the copy of `count` ≥ 1 neighbouring floats: vectors, the last of which may overlap the one before. */
export function emitRun(f: FunctionBuilder, from: Local, to: Local, count: Local): void {
  f.get(count)
    .i32(4)
    .op("i32.ge_s")
    .if(
      () => {
        f.countDown(
          count,
          4,
          () => {
            f.get(to).get(from).memory("v128.load").memory("v128.store");
            f.advance(from, 16).advance(to, 16);
          },
          { atLeastOnce: true },
        );
        f.get(count).if(() => {
          for (const at of [from, to])
            f.get(at).get(count).i32(4).op("i32.sub").i32(2).op("i32.shl").op("i32.add").set(at);
          f.get(to).get(from).memory("v128.load").memory("v128.store");
        });
      },
      () =>
        f.countDown(count, 1, () => {
          f.get(to).get(from).memory("f32.load").memory("f32.store");
          f.advance(from, 4).advance(to, 4);
        }),
    );
}

/**
 * Emits the copy of one image between a tensor and its planes, as a copy list says (convPlan.ts): `toPlanes`, or back.
 *
 *     copy(list, image, planes)
 */
export function emitCopy(module: ModuleBuilder, name: string, toPlanes: boolean): FunctionBuilder {
  const f = module.func(name, ["i32", "i32", "i32"]);
  const [list, image, planes] = [0, 1, 2];
  const [channels, parts, part, rows, count, imageRow, planeRow, from, to, step, image1, plane1] = locals(f, "i32");
  const word = (base: Local, offset: number, into: Local): void =>
    void f.get(base).memory("i32.load", offset).set(into);
  const advanceByWord = (x: Local, offset: number): void =>
    void f.get(x).get(list).memory("i32.load", offset).op("i32.add").set(x);
  const [source, target] = toPlanes ? [image1, plane1] : [plane1, image1];

  word(list, copyHead.channels, channels);
  f.countDown(channels, 1, () => {
    word(list, copyHead.parts, parts);
    f.get(list).i32(copyHead.first).op("i32.add").set(part);
    f.countDown(parts, 1, () => {
      f.get(part).memory("i32.load", partOffset.image).get(image).op("i32.add").set(imageRow);
      f.get(part).memory("i32.load", partOffset.plane).get(planes).op("i32.add").set(planeRow);
      word(part, partOffset.rows, rows);
      word(part, partOffset.imageStep, step);
      f.countDown(
        rows,
        1,
        () => {
          word(part, partOffset.columns, count);
          f.get(imageRow).set(image1).get(planeRow).set(plane1);
          f.get(step)
            .i32(4)
            .op("i32.eq")
            .if(
              () => {
                f.get(source).set(from).get(target).set(to);
                emitRun(f, from, to, count);
              },
              () =>
                f.countDown(count, 1, () => {
                  f.get(target).get(source).memory("f32.load").memory("f32.store");
                  f.advanceBy(image1, step).advance(plane1, 4);
                }),
            );
          f.get(imageRow).get(part).memory("i32.load", partOffset.imageRow).op("i32.add").set(imageRow);
          f.get(planeRow).get(part).memory("i32.load", partOffset.planeRow).op("i32.add").set(planeRow);
        },
        { atLeastOnce: true },
      );
      f.advance(part, partOffset.bytes);
    });
    advanceByWord(image, copyHead.imageChannel);
    advanceByWord(planes, copyHead.planeChannel);
  });
  return f;
}
