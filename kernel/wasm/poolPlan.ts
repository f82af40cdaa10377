import { allocate, lastSpan, type Span } from "./allocator.ts";
import { heap } from "./memory.ts";

/** The places of one dim that one output looks at: `count` of them from `first` on. `weight` is their part of the divisor. */
export interface Window {
  readonly first: number;
  readonly count: number;
  readonly weight: number;
}

/** Windows of a pooling over the last two dims. */
export interface Windows {
  /** The image. */
  readonly height: number;
  readonly width: number;
  readonly rows: readonly Window[];
  readonly columns: readonly Window[];
  /** From one place of a window to the next. */
  readonly dilation: readonly [number, number];
  /** What sums are divided by; 0: the product of the weights of row and column. */
  readonly divisor: number;
  /** Whether windows are 2 × 2, side by side from the first pixel on. */
  readonly pairs: boolean;
  /** Tells windows apart. */
  readonly key: string;
}

/** The words of a plan; sizes of images and steps are bytes. */
const words = [
  "imageBytes",
  "outputBytes",
  "width",
  "rowBytes", // of the image
  "rows", // count, and address of the windows
  "rowWindows",
  "columns",
  "columnWindows",
  "rowStep", // within a window
  "columnStep",
  "divisor", // float32
] as const;
export type PoolWord = (typeof words)[number];
export const poolOffset = Object.fromEntries(words.map((word, i) => [word, i * 4])) as Readonly<
  Record<PoolWord, number>
>;
/** A window in memory: first place in bytes, count, weight. */
export const windowBytes = 12;

export interface PoolPlan {
  readonly address: number;
  /** Keeps the memory. */
  readonly span: Span;
}

export function makePoolPlan(w: Windows): PoolPlan {
  const length = words.length + (w.rows.length + w.columns.length) * 3;
  const address = allocate(length * 4);
  const span = lastSpan;
  const rowWindows = address + words.length * 4;
  const columnWindows = rowWindows + w.rows.length * windowBytes;
  const values: Record<PoolWord, number> = {
    imageBytes: w.height * w.width * 4,
    outputBytes: w.rows.length * w.columns.length * 4,
    width: w.width,
    rowBytes: w.width * 4,
    rows: w.rows.length,
    rowWindows,
    columns: w.columns.length,
    columnWindows,
    rowStep: w.dilation[0] * w.width * 4,
    columnStep: w.dilation[1] * 4,
    divisor: 0,
  };
  heap.i32.set(
    [
      ...words.map((word) => values[word]),
      ...w.rows.flatMap(({ first, count, weight }) => [first * w.width * 4, count, weight]),
      ...w.columns.flatMap(({ first, count, weight }) => [first * 4, count, weight]),
    ],
    address >>> 2,
  );
  heap.f32[(address + poolOffset.divisor) >>> 2] = w.divisor;
  return { address, span };
}

const plans = new Map<string, PoolPlan>();

/** The plan of these windows; made once. */
export function poolPlanOf(w: Windows): PoolPlan {
  let plan = plans.get(w.key);
  if (plan === undefined) {
    if (plans.size >= 256) plans.clear();
    plans.set(w.key, (plan = makePoolPlan(w)));
  }
  return plan;
}
