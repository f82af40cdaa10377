/**
 * A tensor as small pictures: the last two dims as a map of colours, one map for each of the first few indices before
 * them; what looks like a colour picture ([3, h, w] in 0…1) is shown as one.
 */
import { png } from "./png.ts";
import { locator, type Statistics } from "./statistics.ts";
import type { Tensor } from "./tensor.ts";

export interface HeatMap {
  /** base64 of a PNG. */
  png: string;
  /** Size on the page, in CSS pixels. */
  width: number;
  height: number;
  /** Which part of the tensor it shows: "[3, 0]"; empty for all of it. */
  slice: string;
}
export interface HeatMaps {
  maps: HeatMap[];
  /** Slices that are not shown. */
  left: number;
  /** What the colours mean, from the first value to the last; undefined for colour pictures. */
  scale: { from: number; to: number; colours: string[] } | undefined;
}

const [MOST_MAPS, MOST_PICTURES] = [8, 4];
/** Cells of one map in each direction, and of all maps together; larger slices are averaged. */
const [MOST_ROWS, MOST_COLUMNS, MOST_CELLS] = [64, 96, 6144];
/** On the page, in CSS pixels: one map, one of several, a cell. */
const [WIDEST, WIDEST_OF_SEVERAL, LARGEST_CELL] = [288, 128, 16];
/** Elements in each direction that a cell's average looks at. */
const LOOKED_AT = 4;
/** A colour picture is at least this large: three rows of weights are none. */
const SMALLEST_PICTURE = 8;

/** Zero is light, like PuOr: told apart by all kinds of colour vision. */
const SIGNED = ["#2d0a5b", "#5e3c99", "#9d8cc4", "#d3cfe3", "#f5f4f2", "#fbd0a0", "#f19a48", "#c65d09", "#7a3403"];
/** Evenly lighter from first to last, like viridis. */
const POSITIVE = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];
/** NaN and ±∞: in neither of them. */
const NOT_FINITE = [255, 0, 144] as const;
const COLOURS = 63;

export function heatMaps(x: Tensor, { min, max }: Statistics): HeatMaps {
  const picture = pictureOf(x, min, max);
  const dims = picture ? 3 : Math.min(2, x.ndim);
  const slices = x.shape.slice(0, x.ndim - dims).reduce((a, b) => a * b, 1);
  const signed = min < 0 && max > 0;
  const limit = Math.max(-min, max);
  const [from, to] = signed ? [-limit, limit] : [min, max];
  const colours = signed ? SIGNED : POSITIVE;
  const shown = Math.min(slices, picture ? MOST_PICTURES : MOST_MAPS);
  const maps = Array.from({ length: shown }, (_, k): HeatMap => {
    const grid = gridOf(x, { dims, k, shown });
    const { rows, columns, cell } = grid;
    const size = { width: columns * cell, height: rows * cell };
    const slice = slices === 1 ? "" : indexOf(x, dims, k);
    if (picture) return { ...size, slice, png: png(columns, rows, coloured(grid, picture)) };
    const pixels = Uint8Array.from(grid.values, (value) => {
      if (!Number.isFinite(value)) return COLOURS;
      return to > from ? Math.round(((value - from) / (to - from)) * (COLOURS - 1)) : COLOURS >> 1;
    });
    return { ...size, slice, png: png(columns, rows, pixels, paletteOf(colours)) };
  });
  return { maps, left: slices - maps.length, scale: picture || !(max >= min) ? undefined : { from, to, colours } };
}

/** What 1 is in a colour picture, 1 or 255; undefined when it is none. */
function pictureOf({ shape, dtype }: Tensor, min: number, max: number): number | undefined {
  if (shape.length < 3 || shape.at(-3) !== 3 || Math.min(shape.at(-1)!, shape.at(-2)!) < SMALLEST_PICTURE)
    return undefined;
  if (!(min >= 0) || dtype === "bool") return undefined;
  return dtype === "int32" ? (max <= 255 && max > 1 ? 255 : undefined) : max <= 1 ? 1 : undefined;
}

interface Grid {
  rows: number;
  columns: number;
  cell: number;
  /** Row by row; of a colour picture three planes. */
  values: Float64Array;
}

/** Slice `k` of those that are shown, averaged down to what there is room for. */
function gridOf(x: Tensor, { dims, k, shown }: { dims: number; k: number; shown: number }): Grid {
  const data = x.storage.array();
  const planes = dims === 3 ? 3 : 1;
  const width = x.shape.at(-1)!;
  const height = dims === 1 ? 1 : x.shape.at(-2)!;
  const wanted = [Math.min(height, MOST_ROWS), Math.min(width, MOST_COLUMNS)] as const;
  const shrink = Math.min(1, Math.sqrt(MOST_CELLS / (shown * wanted[0] * wanted[1])));
  const [rows, columns] = [Math.max(1, Math.floor(wanted[0] * shrink)), Math.max(1, Math.floor(wanted[1] * shrink))];
  const start = locator(x)(k * planes * height * width);
  const [down, right] = [dims === 1 ? 0 : x.strides.at(-2)!, x.strides.at(-1)!];
  const values = new Float64Array(planes * rows * columns);
  for (let p = 0, i = 0; p < planes; p++) {
    const plane = start + (p === 0 ? 0 : p * x.strides.at(-3)!);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let [sum, count] = [0, 0];
        for (const y of looks(r, rows, height)) {
          for (const z of looks(c, columns, width)) {
            sum += data[plane + y * down + z * right]!;
            count++;
          }
        }
        values[i++] = sum / count;
      }
    }
  }
  const cell = Math.max(
    2,
    Math.min(LARGEST_CELL, Math.floor((shown > 1 ? WIDEST_OF_SEVERAL : WIDEST) / Math.max(rows, columns))),
  );
  return { rows, columns, cell, values };
}

/** The indices of `all` that cell `k` of `cells` looks at. */
function looks(k: number, cells: number, all: number): number[] {
  const [from, to] = [Math.floor((k * all) / cells), Math.floor(((k + 1) * all) / cells)];
  const step = Math.max(1, Math.ceil((to - from) / LOOKED_AT));
  const found: number[] = [];
  for (let i = from; i < to; i += step) found.push(i);
  return found;
}

function coloured({ rows, columns, values }: Grid, one: number): Uint8Array {
  const size = rows * columns;
  const pixels = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) {
    const colour = [values[i]!, values[size + i]!, values[2 * size + i]!];
    pixels.set(
      colour.every(Number.isFinite) ? colour.map((value) => Math.round((value / one) * 255)) : NOT_FINITE,
      3 * i,
    );
  }
  return pixels;
}

function paletteOf(colours: string[]): Uint8Array {
  const stops = colours.map((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)));
  const palette = new Uint8Array(3 * (COLOURS + 1));
  for (let i = 0; i < COLOURS; i++) {
    const at = (i / (COLOURS - 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    for (let j = 0; j < 3; j++)
      palette[3 * i + j] = Math.round(stops[k]![j]! + (at - k) * (stops[k + 1]![j]! - stops[k]![j]!));
  }
  palette.set(NOT_FINITE, 3 * COLOURS);
  return palette;
}

/** The indices before the last `dims` of slice `k`. */
function indexOf({ shape, ndim }: Tensor, dims: number, k: number): string {
  const index: number[] = [];
  for (let d = ndim - dims - 1; d >= 0; d--) {
    index.unshift(k % shape[d]!);
    k = Math.floor(k / shape[d]!);
  }
  return `[${index.join(", ")}]`;
}
