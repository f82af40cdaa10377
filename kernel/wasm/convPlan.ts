import { allocate, lastSpan, type Span } from "./allocator.ts";
import { heap } from "./memory.ts";

/** A convolution of images x[batch, in, height, width] with weights w[out, in / groups, kh, kw] → y[batch, out, oh, ow]. */
export interface Geometry {
  readonly input: readonly number[];
  readonly weight: readonly number[];
  readonly output: readonly number[];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** The geometry of the convolution that gives the gradient by the input: output → input, the kernel turned round. Stride 1. */
export function turned(g: Geometry): Geometry {
  return {
    ...g,
    input: g.output,
    weight: [g.weight[1]! * g.groups, g.weight[0]! / g.groups, g.weight[2]!, g.weight[3]!],
    output: g.input,
    padding: [g.dilation[0] * (g.weight[2]! - 1) - g.padding[0], g.dilation[1] * (g.weight[3]! - 1) - g.padding[1]],
  };
}

/** The words of a plan, in order; all but the counts are bytes or addresses. */
const words = [
  "groups", // of channels
  "outChannels", // of one group
  "inputGroup", // from one group's first channel of the input to the next, in the planes or the tensor
  "planesBytes", // planes of one image
  "imageBytes", // one image of the input tensor
  "outputBytes", // one image of the output tensor
  "outputChannel", // one channel of the output, in its tensor or laid out in rows of the planes
  "outputRowsBytes", // one image of the latter
  "taps", // in/groups · kh · kw
  "copied", // 1: the input is copied into planes first; 0: read where it is
  "flat", // 1: rows are shorter than a strip, and the output is computed in rows of the planes
  "inputCopy", // between input and planes: address of a copy list
  "outputCopy", // between output tensor and rows of planes: the same
  "uncovered", // 1: some elements of the input are in no plane
  "tapOffsets", // offset of each tap in the planes, in the order of the weights
  "turnedOffsets", // the same, channels fastest
  "turnedWeights", // where each of those is in one output channel's weights
  "full", // strips that lie apart: an even number of pairs (input offset, output offset)
  "rest", // strips of which some lanes count, follow at once
  "end", // and, so that their number is even, perhaps the last one again
  "masks", // lanes that count, for the rest
  "chunk", // images that are computed one after the other in the same scratch memory
  "together", // of these, how many at a time for the gradient of the weights
  "packedBytes", // strips of six output channels of so many images
] as const;
export type PlanWord = (typeof words)[number];

/** Where a word of a plan is. */
export const planOffset = Object.fromEntries(words.map((word, i) => [word, i * 4])) as Readonly<
  Record<PlanWord, number>
>;

/** Pixels in a strip: two vectors, which V8 may pair. */
export const strip = 8;
const stripBytes = strip * 4;

/** What a convolution needs to know, in the engine's memory and here. */
export interface Plan {
  readonly address: number;
  readonly planesBytes: number;
  /** Output of one image in rows of the planes; 0 where it is not needed. */
  readonly rowsBytes: number;
  readonly chunk: number;
  /** Memory that the gradient of the weights needs for its sums. */
  readonly weightBytes: number;
  readonly words: Readonly<Record<PlanWord, number>>;
  /** Keeps the memory. */
  readonly span: Span;
}

/** One way along a dim: which position of which phase a tap reads. */
interface Axis {
  readonly phases: readonly number[];
  readonly size: number;
  readonly at: (tap: number) => { phase: number; shift: number };
}
function axis(taps: number, stride: number, dilation: number, outputs: number): Axis {
  const phases = [...new Set(Array.from({ length: taps }, (_, i) => (i * dilation) % stride))].sort((a, b) => a - b);
  return {
    phases,
    size: outputs + Math.floor(((taps - 1) * dilation) / stride),
    at: (tap) => ({
      phase: phases.indexOf((tap * dilation) % stride),
      shift: Math.floor((tap * dilation) / stride),
    }),
  };
}

/** The part of a dim that a phase holds: from which place of the plane, how many, from which place of the image. */
function inside(
  phase: number,
  stride: number,
  padding: number,
  size: number,
  planeSize: number,
): [number, number, number] {
  const from = Math.max(0, Math.ceil((padding - phase) / stride));
  const to = Math.min(planeSize, Math.floor((size - 1 + padding - phase) / stride) + 1);
  return [from, Math.max(0, to - from), from * stride + phase - padding];
}

/** Rows and columns of images, between a tensor and planes. */
export interface Part {
  image: number;
  plane: number;
  rows: number;
  columns: number;
  imageRow: number;
  planeRow: number;
  imageStep: number;
}
/** Words of a copy list before its parts. */
export const copyHead = { channels: 0, imageChannel: 4, planeChannel: 8, parts: 12, first: 16 } as const;
export const partOffset = {
  image: 0,
  plane: 4,
  rows: 8,
  columns: 12,
  imageRow: 16,
  planeRow: 20,
  imageStep: 24,
  bytes: 28,
} as const;

export function copyList(
  channels: number,
  imageChannel: number,
  planeChannel: number,
  parts: readonly Part[],
): number[] {
  const list = parts.flatMap((p) => [p.image, p.plane, p.rows, p.columns, p.imageRow, p.planeRow, p.imageStep]);
  return [channels, imageChannel, planeChannel, parts.length, ...list];
}

/**
 * How a convolution is computed without columns. The input is taken apart into planes, one for each remainder of its
 * rows and columns by the stride, with its margin of zeros; then every tap of the kernel reads strips of neighbouring
 * pixels at a constant offset, whatever stride, dilation and padding are. Stride 1 without a margin needs no copy.
 */
export function makePlan(g: Geometry): Plan {
  const [batch, allIn] = g.input as [number, number];
  let [, , height, width] = g.input as [number, number, number, number];
  const [allOut, channels, kh, kw] = g.weight as [number, number, number, number];
  let [, , oh, ow] = g.output as [number, number, number, number];
  const [sh, sw] = g.stride;
  const unpadded = g.padding[0] === 0 && g.padding[1] === 0 && sh === 1 && sw === 1;
  if (unpadded && kh === 1 && kw === 1) {
    // One tap for each channel: the image is one long row.
    [height, width, oh, ow] = [1, height * width, 1, oh * ow];
  }
  const flat = ow < strip;
  const copied = !unpadded || flat;
  const rows = axis(kh, sh, g.dilation[0], oh);
  const columns = axis(kw, sw, g.dilation[1], ow);
  const planeRow = (copied ? columns.size : width) * 4;
  const plane = (copied ? rows.size : height) * planeRow;
  const channelBytes = plane * rows.phases.length * columns.phases.length;
  // Strips of a flat output reach past the last row.
  const planesBytes = channelBytes * allIn + 64;

  const parts: Part[] = [];
  let covered = 0;
  rows.phases.forEach((ry, i) =>
    columns.phases.forEach((rx, j) => {
      const [top, count, fromRow] = inside(ry, sh, g.padding[0], height, rows.size);
      const [left, length, fromColumn] = inside(rx, sw, g.padding[1], width, columns.size);
      if (count === 0 || length === 0) return;
      covered += count * length;
      parts.push({
        image: (fromRow * width + fromColumn) * 4,
        plane: (i * columns.phases.length + j) * plane + top * planeRow + left * 4,
        rows: count,
        columns: length,
        imageRow: sh * width * 4,
        planeRow,
        imageStep: sw * 4,
      });
    }),
  );

  const offset = (c: number, i: number, j: number): number => {
    const [y, x] = [rows.at(i), columns.at(j)];
    return c * channelBytes + (y.phase * columns.phases.length + x.phase) * plane + y.shift * planeRow + x.shift * 4;
  };
  const taps = channels * kh * kw;
  const tapOffsets: number[] = [];
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) tapOffsets.push(offset(c, i, j));
  const turnedOffsets: number[] = [];
  const turnedWeights: number[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      for (let c = 0; c < channels; c++) {
        turnedOffsets.push(offset(c, i, j));
        turnedWeights.push(((c * kh + i) * kw + j) * 4);
      }
    }
  }

  const { full, rest, masks } = strips(oh, ow, planeRow, flat);
  const all = [...full, ...rest];
  if (all.length % 2 === 1) all.push(all.at(-1)!);
  const outputChannel = flat ? all.length * stripBytes : oh * ow * 4;
  // Sums of the weights' gradient are folded after every chunk: it should have enough strips to be worth it.
  const enough = Math.ceil(64 / (full.length + rest.length));
  const chunk = Math.min(batch, Math.max(Math.ceil(batch / 16), enough));

  // As many images as stay in the second cache while all weights pass over them.
  const perImage = (copied ? planesBytes : allIn * height * width * 4) + outputChannel * allOut;
  const together = Math.min(chunk, Math.max(enough, Math.floor((512 << 10) / perImage)));

  const lists = {
    inputCopy: copyList(allIn, height * width * 4, channelBytes, parts),
    outputCopy: copyList(allOut, oh * ow * 4, outputChannel, [
      { image: 0, plane: 0, rows: oh, columns: ow, imageRow: ow * 4, planeRow, imageStep: 4 },
    ]),
    tapOffsets,
    turnedOffsets,
    turnedWeights,
    full: all.flat(),
    masks: masks.flat(),
  };
  const length = words.length + Object.values(lists).reduce((n, list) => n + list.length, 0);
  const address = allocate(length * 4);
  const span = lastSpan;
  let next = address + words.length * 4;
  const placed = Object.fromEntries(
    Object.entries(lists).map(([name, list]) => {
      heap.i32.set(list, next >>> 2);
      const at = next;
      next += list.length * 4;
      return [name, at];
    }),
  ) as Record<keyof typeof lists, number>;
  const values: Record<PlanWord, number> = {
    groups: g.groups,
    outChannels: allOut / g.groups,
    inputGroup: (allIn / g.groups) * (copied ? channelBytes : height * width * 4),
    planesBytes,
    imageBytes: allIn * height * width * 4,
    outputBytes: allOut * oh * ow * 4,
    outputChannel,
    outputRowsBytes: outputChannel * allOut,
    taps,
    copied: Number(copied),
    flat: Number(flat),
    uncovered: Number(covered < height * width),
    ...placed,
    rest: placed.full + full.length * 8,
    end: placed.full + (full.length + rest.length) * 8,
    chunk,
    together,
    packedBytes: together * (full.length + rest.length) * 6 * stripBytes,
  };
  heap.i32.set(
    words.map((word) => values[word]),
    address >>> 2,
  );
  return {
    address,
    planesBytes: copied ? planesBytes : 0,
    rowsBytes: flat ? values.outputRowsBytes : 0,
    chunk,
    weightBytes: values.packedBytes + together * ((copied ? planesBytes : 0) + (flat ? values.outputRowsBytes : 0)),
    words: values,
    span,
  };
}

/**
 * The strips of an output: input and output offset of each. Those of `full` lie apart. The last strip of a row that is no
 * multiple of a strip begins further left and overlaps its neighbour; its mask names the lanes that are new.
 */
function strips(
  oh: number,
  ow: number,
  planeRow: number,
  flat: boolean,
): { full: [number, number][]; rest: [number, number][]; masks: number[][] } {
  const full: [number, number][] = [];
  const rest: [number, number][] = [];
  const masks: number[][] = [];
  const mask = (counts: (lane: number) => boolean): number[] =>
    Array.from({ length: strip }, (_, lane) => (counts(lane) ? -1 : 0));
  if (flat) {
    const width = planeRow / 4;
    for (let at = 0; at < (oh - 1) * width + ow; at += strip) {
      rest.push([at * 4, at * 4]);
      masks.push(mask((lane) => (at + lane) % width < ow && at + lane < oh * width));
    }
    return { full, rest, masks };
  }
  const whole = ow - (ow % strip);
  for (let y = 0; y < oh; y++) {
    for (let x = 0; x < whole; x += strip) full.push([y * planeRow + x * 4, (y * ow + x) * 4]);
    if (whole === ow) continue;
    rest.push([y * planeRow + (ow - strip) * 4, (y * ow + ow - strip) * 4]);
    masks.push(mask((lane) => ow - strip + lane >= whole));
  }
  if (full.length % 2 === 1) {
    rest.unshift(full.pop()!);
    masks.unshift(mask(() => true));
  }
  return { full, rest, masks };
}

const plans = new Map<string, Plan>();

/** The plan of a geometry; made once. */
export function planOf(g: Geometry): Plan {
  const key = `${g.input.join()} ${g.weight.join()} ${g.output.join()} ${g.stride.join()} ${g.padding.join()} ${g.dilation.join()} ${g.groups}`;
  let plan = plans.get(key);
  if (plan === undefined) {
    // A program that never repeats a geometry must not keep the plans of all of them.
    if (plans.size >= 256) plans.clear();
    plans.set(key, (plan = makePlan(g)));
  }
  return plan;
}
