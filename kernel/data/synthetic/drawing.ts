/** What the synthetic sets share: their options, their random numbers, and samples in random order as tensors. */
import { fromFlat } from "../../tensor/create.ts";
import { MT19937 } from "../../tensor/mt19937.ts";
import { checkNumber, checkOptions } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { permutation } from "../order.ts";

export interface SampleOptions {
  /** Number of samples in all. Default 100. */
  n?: number;
  /** Standard deviation of the normal numbers that are added. Default 0. */
  noise?: number;
  /** The same seed gives the same samples, whatever `manualSeed` says. Default 0. */
  seed?: number;
  /** Samples in random order, not one class after the other. Default true. */
  shuffle?: boolean;
}

export interface Drawing {
  n: number;
  noise: number;
  shuffle: boolean;
  stream: MT19937;
}

export const positive = (x: number): boolean => Number.isInteger(x) && x >= 1;

/** The options that all sets have, checked; `others` are the names of those that only this one has. */
export function drawing(who: string, options: SampleOptions, others: readonly string[]): Drawing {
  checkOptions(who, options, ["n", "noise", "seed", "shuffle", ...others]);
  const { n = 100, noise = 0, seed = 0, shuffle = true } = options;
  checkNumber(who, "n", n, "≥ 1, whole", positive);
  checkNumber(who, "noise", noise, "≥ 0", (x) => x >= 0 && x < Infinity);
  checkNumber(who, "seed", seed, "that is whole", Number.isSafeInteger);
  return { n, noise, shuffle, stream: new MT19937(Number(BigInt.asUintN(32, BigInt(seed)))) };
}

export interface Classes {
  /** [n, features] float32. */
  x: Tensor;
  /** [n] int32. */
  y: Tensor;
}

/** Points with their classes, in random order, with noise. */
export function classified(
  points: readonly (readonly number[])[],
  classes: readonly number[],
  { n, noise, shuffle, stream }: Drawing,
): Classes {
  const order = shuffle ? permutation(n, () => stream.next32()) : Int32Array.from({ length: n }, (_, i) => i);
  const features = points[0]!.length;
  const x = Array.from(order, (i) => points[i]!.map((value) => value + noise * stream.normal())).flat();
  return {
    x: fromFlat(x, [n, features], "float32"),
    y: fromFlat(
      Array.from(order, (i) => classes[i]!),
      [n],
      "int32",
    ),
  };
}

/** How many of n samples each of k classes gets: the first ones get one more where it does not come out even. */
export const shares = (n: number, k: number): number[] =>
  Array.from({ length: k }, (_, i) => Math.floor(n / k) + (i < n % k ? 1 : 0));
