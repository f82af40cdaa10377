/** `digits`: a data set that needs neither file nor network. */
import { MT19937 } from "../tensor/mt19937.ts";
import { checkNumber, checkOptions } from "../tensor/options.ts";
import { adopt } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { digitStrokes, type Glyph, type Stroke } from "./digitStrokes.ts";

const SIZE = 28;
/** The skeleton of a digit stays within this many pixels, as MNIST's 20 × 20 box plus the width of the pen. */
const FIT = 23;

/**
 * Handwritten-looking digits, drawn here from pen strokes: each with its own way of writing, slant, proportions, tremor,
 * pen and pressure. The stand-in where MNIST cannot be had, in the same shapes:
 * `images` [n, 1, 28, 28] float32 in 0…1 (0 is paper, 1 is ink), `labels` [n] int32.
 *
 * The same `seed` gives the same digits, whatever `manualSeed` says, and the first k of `n` do not depend on `n`. For a
 * test set take another seed. Easier than MNIST, since everybody here has one of few handwritings.
 *
 * ```ts
 * const { images, labels } = data.digits({ n: 5, seed: 1 });
 * [images.shape, labels.shape] // → [[5, 1, 28, 28], [5]]
 * ```
 */
export function digits(options: { n?: number; seed?: number } = {}): { images: Tensor; labels: Tensor } {
  checkOptions("data.digits", options, ["n", "seed"]);
  const { n = 10_000, seed = 0 } = options;
  checkNumber("data.digits", "n", n, "≥ 1, whole", (x) => Number.isInteger(x) && x >= 1);
  checkNumber("data.digits", "seed", seed, "that is whole", Number.isSafeInteger);
  const stream = new MT19937(seed);
  const random = () => stream.next32() / 2 ** 32;
  const images = new Float32Array(n * SIZE * SIZE);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    labels[i] = Math.floor(random() * 10);
    drawDigit(images.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), labels[i]!, random);
  }
  return {
    images: new Tensor(adopt("float32", images), [n, 1, SIZE, SIZE]),
    labels: new Tensor(adopt("int32", labels), [n]),
  };
}

/** Draws one digit into `pixels` [28 · 28], which are zero before. */
export function drawDigit(pixels: Float32Array, digit: number, random: () => number): void {
  const glyphs = digitStrokes[digit]!;
  const glyph = glyphs[Math.floor(random() * glyphs.length)]!;
  const pen = 0.75 + 0.85 * random(); // half the width of the line, in pixels
  const softness = 0.45 + 0.5 * random(); // pixels over which ink fades into paper
  const paths = place(tremble(glyph, random), random).map((stroke) => curve(stroke));
  for (const path of paths) {
    const pressure = 0.25 * (random() - 0.5); // the line grows or thins along the stroke
    for (let k = 0; k + 1 < path.length; k++) {
      const width = pen * (1 + pressure * (2 * (k / path.length) - 1));
      ink(pixels, path[k]!, path[k + 1]!, width, softness);
    }
  }
  const grain = 0.12 * random();
  for (let i = 0; i < pixels.length; i++) {
    // Only ink is uneven: paper stays exactly 0, as in MNIST, where many inputs never see anything.
    if (pixels[i]! > 0) pixels[i] = Math.min(1, Math.max(0, pixels[i]! * (1 + grain * gauss(random))));
  }
}

type Path = [x: number, y: number][];

/** Every point a little off, and the whole sheet bent: near points are moved alike. */
function tremble(glyph: Glyph, random: () => number): Path[] {
  const waves = Array.from({ length: 4 }, () => ({
    amplitude: 0.06 * gauss(random),
    phase: 2 * Math.PI * random(),
    direction: 2 * Math.PI * random(),
  }));
  const bend = (x: number, y: number, k: number) => {
    const { amplitude, phase, direction } = waves[k]!;
    return amplitude * Math.sin(4 * (x * Math.cos(direction) + y * Math.sin(direction)) + phase);
  };
  return glyph.map((stroke) =>
    stroke.map(([x, y]) => [
      x + bend(x, y, 0) + bend(x, y, 1) + 0.028 * gauss(random),
      y + bend(x, y, 2) + bend(x, y, 3) + 0.028 * gauss(random),
    ]),
  );
}

/** From the box one wide and high to pixels: slant, turn, proportions, then to the middle, nearly. */
function place(strokes: Path[], random: () => number): Path[] {
  const height = 18.5 + 1.6 * gauss(random);
  const width = 13.5 + 2 * gauss(random);
  const slant = 0.05 + 0.2 * gauss(random);
  const turn = 0.1 * gauss(random);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const moved = strokes.map((stroke) =>
    stroke.map(([x, y]): [number, number] => {
      const v = (y - 0.5) * height;
      const u = (x - 0.5) * width - slant * v;
      return [cos * u - sin * v, sin * u + cos * v];
    }),
  );
  const [x, y] = [0, 1].map((axis) => {
    const values = moved.flat().map((point) => point[axis]!);
    return { low: Math.min(...values), high: Math.max(...values) };
  }) as [Extent, Extent];
  const shrink = Math.min(1, FIT / Math.max(x.high - x.low, y.high - y.low));
  const move = (extent: Extent) => {
    const spare = (FIT - shrink * (extent.high - extent.low)) / 2; // so that nothing is cut off at the edge
    const off = Math.min(spare, Math.max(-spare, 0.9 * gauss(random)));
    return SIZE / 2 - (shrink * (extent.low + extent.high)) / 2 + off;
  };
  const [dx, dy] = [move(x), move(y)];
  return moved.map((stroke) => stroke.map(([x, y]) => [shrink * x + dx, shrink * y + dy]));
}
interface Extent {
  low: number;
  high: number;
}

/** A smooth curve through the points (Catmull–Rom), as short straight pieces. */
function curve(stroke: Stroke): Path {
  const path: Path = [];
  const at = (k: number) => stroke[Math.min(stroke.length - 1, Math.max(0, k))]!;
  const PIECES = 5;
  for (let k = 0; k + 1 < stroke.length; k++) {
    for (let piece = 0; piece < PIECES; piece++) {
      const t = piece / PIECES;
      path.push([
        spline(t, at(k - 1)[0], at(k)[0], at(k + 1)[0], at(k + 2)[0]),
        spline(t, at(k - 1)[1], at(k)[1], at(k + 1)[1], at(k + 2)[1]),
      ]);
    }
  }
  path.push([...at(stroke.length - 1)]);
  return path;
}

const spline = (t: number, a: number, b: number, c: number, d: number) =>
  b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));

/** Inks the straight piece from a to b: full within `width` of it, fading over `softness`; never paler than before. */
function ink(pixels: Float32Array, a: Path[number], b: Path[number], width: number, softness: number): void {
  const reach = width + softness;
  const from = (axis: 0 | 1) => Math.max(0, Math.floor(Math.min(a[axis], b[axis]) - reach));
  const to = (axis: 0 | 1) => Math.min(SIZE - 1, Math.ceil(Math.max(a[axis], b[axis]) + reach));
  const ux = b[0] - a[0];
  const uy = b[1] - a[1];
  const length2 = ux * ux + uy * uy || 1;
  const last = to(0);
  for (let y = from(1), bottom = to(1); y <= bottom; y++) {
    for (let x = from(0); x <= last; x++) {
      // From the middle of the pixel to the nearest point of the piece.
      const px = x + 0.5 - a[0];
      const py = y + 0.5 - a[1];
      const t = Math.min(1, Math.max(0, (px * ux + py * uy) / length2));
      const dx = px - t * ux;
      const dy = py - t * uy;
      const value = Math.min(1, (reach - Math.sqrt(dx * dx + dy * dy)) / (2 * softness));
      const at = y * SIZE + x;
      if (value > pixels[at]!) pixels[at] = value;
    }
  }
}

/** A normally distributed number (Box–Muller), mean 0, standard deviation 1. */
const gauss = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
