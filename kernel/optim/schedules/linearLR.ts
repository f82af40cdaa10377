import { OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface LinearLROptions {
  /** Default 1/3. */
  startFactor?: number;
  /** Default 1. */
  endFactor?: number;
  /** Epochs from start to end. Default 5. */
  totalIters?: number;
}

/** From η₀ · startFactor straight to η₀ · endFactor in totalIters epochs, then constant: a warm-up. */
export class LinearLR extends FactorSchedule {
  private readonly startFactor: number;
  private readonly endFactor: number;
  private readonly totalIters: number;

  constructor(optimizer: Optimizer, startFactor?: number | LinearLROptions, options?: LinearLROptions) {
    super(optimizer);
    const given = schedulerOptions("LinearLR", ["startFactor", "endFactor", "totalIters"], 0, [startFactor, options]);
    this.startFactor = finite("LinearLR", "startFactor", given["startFactor"] ?? 1 / 3);
    this.endFactor = finite("LinearLR", "endFactor", given["endFactor"] ?? 1);
    // From 0 no factor leads back to a rate.
    if (!(this.startFactor > 0 && this.startFactor <= 1) || !(this.endFactor >= 0 && this.endFactor <= 1)) {
      throw new OptionError(
        `LinearLR: startFactor must be > 0 and ≤ 1 and endFactor from 0 to 1, got ${this.startFactor} and ${this.endFactor}.`,
      );
    }
    this.totalIters = wholeNumber("LinearLR", "totalIters", given["totalIters"] ?? 5);
    this.apply();
  }
  protected override factor(epoch: number): number {
    const share = Math.min(epoch, this.totalIters) / this.totalIters;
    return this.startFactor + (this.endFactor - this.startFactor) * share;
  }
}
