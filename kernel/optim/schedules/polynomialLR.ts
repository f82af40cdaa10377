import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface PolynomialOptions {
  /** Epochs until 0. Default 5. */
  totalIters?: number;
  /** Default 1: a straight line. */
  power?: number;
}

/** To 0 in totalIters epochs: η = η₀ (1 − e/totalIters)^power. */
export class PolynomialLR extends FactorSchedule {
  private readonly totalIters: number;
  private readonly power: number;

  constructor(optimizer: Optimizer, totalIters?: number | PolynomialOptions, options?: PolynomialOptions) {
    super(optimizer);
    const given = schedulerOptions("PolynomialLR", ["totalIters", "power"], 0, [totalIters, options]);
    this.totalIters = wholeNumber("PolynomialLR", "totalIters", given["totalIters"] ?? 5);
    this.power = finite("PolynomialLR", "power", given["power"] ?? 1);
    this.apply();
  }
  protected override factor(epoch: number): number {
    return (1 - Math.min(epoch, this.totalIters) / this.totalIters) ** this.power;
  }
}
