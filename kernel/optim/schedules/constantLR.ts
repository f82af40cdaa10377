import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface ConstantOptions {
  /** Default 1/3. */
  factor?: number;
  /** Epochs that it lasts. Default 5. */
  totalIters?: number;
}

/** η₀ · factor for the first totalIters epochs, then η₀. */
export class ConstantLR extends FactorSchedule {
  private readonly multiple: number;
  private readonly totalIters: number;

  constructor(optimizer: Optimizer, factor?: number | ConstantOptions, options?: ConstantOptions) {
    super(optimizer);
    const given = schedulerOptions("ConstantLR", ["factor", "totalIters"], 0, [factor, options]);
    this.multiple = finite("ConstantLR", "factor", given["factor"] ?? 1 / 3);
    this.totalIters = wholeNumber("ConstantLR", "totalIters", given["totalIters"] ?? 5, 0);
    this.apply();
  }
  protected override factor(epoch: number): number {
    return epoch < this.totalIters ? this.multiple : 1;
  }
}
