import { allocate, lastSpan, type Span } from "./allocator.ts";
import type { Geometry } from "./convPlan.ts";
import { heap } from "./memory.ts";

/** The words of a plan, in order; sizes and steps are bytes. */
const words = [
  "channels",
  "outChannels",
  "lanes", // channels of the input as they lie in memory, and those of the output
  "outLanes",
  "height",
  "width",
  "outputHeight",
  "outputWidth",
  "imageBytes", // of the input tensor
  "outputBytes", // of the output tensor
  "inputsBytes", // an input with its channels side by side and a margin
  "outputsBytes", // an output with its channels side by side
  "inputStart", // first pixel inside the margin
  "inputPixel",
  "inputRow",
  "outputPixel",
  "outputRow",
  "tiles", // offset in input and output of each tile
  "tileCount", // of one image
  "together", // images whose tiles are one list
  "block", // tiles at a time
  "valuesStep", // from one to the next of sixteen matrices of the input
  "othersStep", // and of the output
  "chunk", // images to a part
] as const;
export type WinogradWeightWord = (typeof words)[number];
export const winogradWeightOffset = Object.fromEntries(words.map((word, i) => [word, i * 4])) as Readonly<
  Record<WinogradWeightWord, number>
>;

export interface WinogradWeightPlan {
  readonly address: number;
  readonly scratchBytes: number;
  readonly partBytes: number;
  readonly parts: number;
  readonly chunk: number;
  readonly lanes: number;
  /** Keeps the memory. */
  readonly span: Span;
}

/** Tiles at a time: the matrices of a block stay in the second cache. */
const mostTiles = 64;
const upTo = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

export function makeWinogradWeightPlan(g: Geometry): WinogradWeightPlan {
  const [batch, channels, height, width] = g.input as [number, number, number, number];
  const [, outChannels, oh, ow] = g.output as [number, number, number, number];
  const lanes = upTo(channels, 16);
  const outLanes = upTo(outChannels, 8);
  const [tileRows, tileColumns] = [Math.ceil(oh / 2), Math.ceil(ow / 2)];
  const [top, left] = g.padding;
  const [inputPixel, outputPixel] = [lanes * 4, outLanes * 4];
  // A margin of two where the kernel needs it, and no pixel of the image left out.
  const inputRow = Math.max(2 * tileColumns + 2, width + left) * inputPixel;
  const outputRow = 2 * tileColumns * outputPixel;
  const inputsBytes = Math.max(2 * tileRows + 2, height + top) * inputRow;
  const outputsBytes = 2 * tileRows * outputRow;
  const tileCount = tileRows * tileColumns;
  // Products of few tiles would cost less than adding them up: small images go together.
  const together = Math.min(batch, Math.max(1, Math.floor(mostTiles / tileCount)));
  const tiles: number[] = [];
  for (let n = 0; n < together; n++) {
    for (let i = 0; i < tileRows; i++) {
      for (let j = 0; j < tileColumns; j++) {
        tiles.push(
          n * inputsBytes + 2 * i * inputRow + 2 * j * inputPixel,
          n * outputsBytes + 2 * i * outputRow + 2 * j * outputPixel,
        );
      }
    }
  }
  const block = Math.min(mostTiles, tiles.length / 2);
  const chunk = upTo(Math.ceil(batch / 8), together);
  const address = allocate((words.length + tiles.length) * 4);
  const span = lastSpan;
  // One cache line more, so that the matrices do not fall upon the same places of the first cache.
  const valuesStep = block * inputPixel + 64;
  const othersStep = block * outputPixel + 64;
  const values: Record<WinogradWeightWord, number> = {
    channels,
    outChannels,
    lanes,
    outLanes,
    height,
    width,
    outputHeight: oh,
    outputWidth: ow,
    imageBytes: channels * height * width * 4,
    outputBytes: outChannels * oh * ow * 4,
    inputsBytes,
    outputsBytes,
    inputStart: top * inputRow + left * inputPixel,
    inputPixel,
    inputRow,
    outputPixel,
    outputRow,
    tiles: address + words.length * 4,
    tileCount,
    together,
    block,
    valuesStep,
    othersStep,
    chunk,
  };
  heap.i32.set([...words.map((word) => values[word]), ...tiles], address >>> 2);
  return {
    address,
    scratchBytes: together * (inputsBytes + outputsBytes) + 16 * (valuesStep + othersStep),
    partBytes: 16 * outChannels * lanes * 4,
    chunk,
    parts: Math.ceil(batch / chunk),
    lanes,
    span,
  };
}
