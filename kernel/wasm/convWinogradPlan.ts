import { allocate, lastSpan, type Span } from "./allocator.ts";
import { copyList, type Geometry, type Part } from "./convPlan.ts";
import { heap } from "./memory.ts";

/** The words of a plan, in order; sizes and steps are bytes. */
const words = [
  "channels", // of the input
  "outChannels",
  "imageBytes", // of the input tensor
  "outputBytes", // of the output tensor
  "inputCopy", // to planes with a margin: a copy list of convPlan.ts
  "outputCopy", // from an output with whole tiles
  "cropped", // 1: the output has not whole tiles only, and is computed elsewhere first
  "planesBytes",
  "plane", // one channel
  "planeRow",
  "outputChannel", // one channel of the output with whole tiles
  "outputRow",
  "vectors", // four tiles each: input and output offset; a multiple of four of them
  "vectorsEnd",
  "chunk", // images that are computed one after the other in the same scratch memory
] as const;
export type WinogradWord = (typeof words)[number];
export const winogradOffset = Object.fromEntries(words.map((word, i) => [word, i * 4])) as Readonly<
  Record<WinogradWord, number>
>;

export interface WinogradPlan {
  readonly address: number;
  readonly scratchBytes: number;
  readonly transformedBytes: number;
  readonly chunk: number;
  /** Keeps the memory. */
  readonly span: Span;
}

/** Tiles whose sums are computed together: four vectors. */
export const blockTiles = 16;

/**
 * Whether a convolution is computed by Winograd's algorithm, which needs 4 multiplications for each output instead of 9,
 * and additions for each channel that must be worth it. By shape only, so that results depend on shapes only.
 */
export function winogradFits(g: Geometry): boolean {
  const [oh, ow] = g.output.slice(2) as [number, number];
  const blocks = Math.ceil((Math.ceil(oh / 2) * Math.ceil(ow / 8)) / 4);
  // Half of what the blocks hold must be outputs, and they must outweigh the transformation of the weights.
  return winogradApplies(g) && oh * ow >= blocks * blockTiles * 2 && g.input[0]! * oh * ow >= 400;
}

/** Kernel, stride and the like, and enough channels. */
export function winogradApplies(g: Geometry): boolean {
  return (
    [...g.stride, ...g.dilation, g.groups].every((n) => n === 1) &&
    g.weight[2] === 3 &&
    g.weight[3] === 3 &&
    g.padding.every((p) => p <= 2) &&
    g.weight[0]! >= 16 &&
    g.weight[1]! >= 16
  );
}

export function makeWinogradPlan(g: Geometry): WinogradPlan {
  const [batch, channels, height, width] = g.input as [number, number, number, number];
  const [, outChannels, oh, ow] = g.output as [number, number, number, number];
  const tileRows = Math.ceil(oh / 2);
  const perRow = Math.ceil(ow / 8);
  const planeRow = (8 * perRow + 4) * 4;
  const plane = (2 * tileRows + 2) * planeRow;
  const cropped = oh % 2 !== 0 || ow % 8 !== 0;
  const outputRow = (cropped ? 8 * perRow : ow) * 4;
  const outputChannel = (cropped ? 2 * tileRows : oh) * outputRow;
  const [top, left] = g.padding;
  // What lies beyond the last tile is read by none.
  const rows = Math.min(height, 2 * tileRows + 2 - top);
  const columns = Math.min(width, 8 * perRow + 4 - left);
  const input: Part = {
    image: 0,
    plane: top * planeRow + left * 4,
    rows,
    columns,
    imageRow: width * 4,
    planeRow,
    imageStep: 4,
  };
  const output: Part = {
    image: 0,
    plane: 0,
    rows: oh,
    columns: ow,
    imageRow: ow * 4,
    planeRow: outputRow,
    imageStep: 4,
  };
  const vectors: [number, number][] = [];
  for (let row = 0; row < tileRows; row++)
    for (let v = 0; v < perRow; v++) vectors.push([row * 2 * planeRow + v * 32, row * 2 * outputRow + v * 32]);
  while (vectors.length % 4 !== 0) vectors.push(vectors.at(-1)!);

  const lists = {
    inputCopy: copyList(channels, height * width * 4, plane, [input]),
    outputCopy: copyList(outChannels, oh * ow * 4, outputChannel, [output]),
    vectors: vectors.flat(),
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
  const planesBytes = channels * plane;
  const values: Record<WinogradWord, number> = {
    channels,
    outChannels,
    imageBytes: channels * height * width * 4,
    outputBytes: outChannels * oh * ow * 4,
    ...placed,
    cropped: Number(cropped),
    planesBytes,
    plane,
    planeRow,
    outputChannel,
    outputRow,
    vectorsEnd: placed.vectors + lists.vectors.length * 4,
    chunk: Math.max(1, Math.ceil(batch / 16)),
  };
  heap.i32.set(
    words.map((word) => values[word]),
    address >>> 2,
  );
  return {
    address,
    scratchBytes:
      planesBytes + 16 * blockTiles * 4 * (channels + outChannels + 2) + (cropped ? outChannels * outputChannel : 0),
    chunk: values.chunk,
    transformedBytes: 16 * channels * outChannels * 4,
    span,
  };
}
