/** The order of the samples in an epoch, drawn as torch.utils.data draws it. */
import { MT19937 } from "../tensor/mt19937.ts";
import { randomIndex } from "../tensor/random.ts";

/** 32 random bits at a time. */
export type Bits = () => number;

/** From a seed of one's own, or from the stream of `manualSeed`. PyTorch keeps the low 32 bits of a seed. */
export function bitsFrom(seed: number | undefined): Bits {
  if (seed === undefined) return () => randomIndex(2 ** 32);
  const stream = new MT19937(Number(BigInt.asUintN(32, BigInt(seed))));
  return () => stream.next32();
}

/** The low 32 bits of 64 random ones: of two draws the second. */
function seed64(bits: Bits): number {
  bits();
  return bits();
}

export interface Epoch {
  order: Int32Array;
  /** Seed of what the batches of this epoch draw for themselves. */
  seed: number;
}

/**
 * The order of `n` samples. `bits` gives what PyTorch's DataLoader takes from its generator when a loop begins: a seed for
 * the workers; then, shuffled, either the permutation itself (a generator of its own) or the seed of one.
 */
export function drawEpoch(n: number, { bits, own, shuffle }: { bits: Bits; own: boolean; shuffle: boolean }): Epoch {
  const seed = seed64(bits);
  if (shuffle) return { seed, order: permutation(n, own ? bits : bitsFrom(seed64(bits))) };
  return { seed, order: Int32Array.from({ length: n }, (_, i) => i) };
}

/** Every order equally likely (Fisher and Yates); drawn as `randperm` draws. */
export function permutation(n: number, bits: Bits): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const j = i + (bits() % (n - i));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

/** Random numbers in [0, 1) for one batch: independent of which thread makes it, and when. */
export function batchRandom(seed: number, batch: number): () => number {
  let stream: MT19937 | undefined; // most batches draw nothing
  return () => (stream ??= new MT19937((seed ^ Math.imul(batch + 1, 0x9e3779b9)) >>> 0)).uniform53();
}
