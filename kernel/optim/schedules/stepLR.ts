import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions, wholeNumber } from "./schedule.ts";

/** Times gamma (default 0.1) every stepSize epochs: η = η₀ γ^⌊e / stepSize⌋. */
export class StepLR extends FactorSchedule {
  private readonly stepSize: number;
  private readonly gamma: number;

  constructor(
    optimizer: Optimizer,
    stepSize: number | { stepSize: number; gamma?: number },
    options?: { gamma?: number },
  ) {
    super(optimizer);
    const given = schedulerOptions("StepLR", ["stepSize", "gamma"], 1, [stepSize, options]);
    this.stepSize = wholeNumber("StepLR", "stepSize", given["stepSize"]);
    this.gamma = finite("StepLR", "gamma", given["gamma"] ?? 0.1);
    this.apply();
  }
  protected override factor(epoch: number): number {
    return this.gamma ** Math.floor(epoch / this.stepSize);
  }
}
