import type { Optimizer } from "../optimizer.ts";
import { finite, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

/**
 * Half a cosine from η₀ down to etaMin (default 0) in tMax epochs; after tMax it rises again, as PyTorch's does.
 *
 *     η = etaMin + ½ (η₀ − etaMin)(1 + cos(π e / tMax))
 *
 * Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
 */
export class CosineAnnealingLR extends Schedule {
  private readonly tMax: number;
  private readonly etaMin: number;

  constructor(optimizer: Optimizer, tMax: number | { tMax: number; etaMin?: number }, options?: { etaMin?: number }) {
    super(optimizer);
    const given = schedulerOptions("CosineAnnealingLR", ["tMax", "etaMin"], 1, [tMax, options]);
    this.tMax = wholeNumber("CosineAnnealingLR", "tMax", given["tMax"]);
    this.etaMin = finite("CosineAnnealingLR", "etaMin", given["etaMin"] ?? 0);
    this.apply();
  }
  // From one epoch to the next, as PyTorch: combined with another schedule, each moves the rate as it is now.
  protected override rate(base: number, lr: number): number {
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / this.tMax);
    if (this.lastEpoch === 0) return lr;
    const atBottom = (this.lastEpoch - 1 - this.tMax) % (2 * this.tMax) === 0;
    if (atBottom) return lr + ((base - this.etaMin) * height(this.lastEpoch)) / 2;
    return this.etaMin + ((lr - this.etaMin) * height(this.lastEpoch)) / height(this.lastEpoch - 1);
  }
}
