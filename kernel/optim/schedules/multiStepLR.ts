import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions } from "./schedule.ts";

/** Times gamma (default 0.1) at each of the milestones, which are epochs: η = η₀ γ^(milestones ≤ e). */
export class MultiStepLR extends FactorSchedule {
  private readonly milestones: readonly number[];
  private readonly gamma: number;

  constructor(
    optimizer: Optimizer,
    milestones: readonly number[] | { milestones: readonly number[]; gamma?: number },
    options?: { gamma?: number },
  ) {
    super(optimizer);
    const given = schedulerOptions("MultiStepLR", ["milestones", "gamma"], 1, [milestones, options]);
    const list = given["milestones"];
    if (!Array.isArray(list) || !list.every(Number.isInteger)) {
      throw new OptionError(`MultiStepLR: milestones must be an array of whole numbers, got ${describe(list)}.`);
    }
    this.milestones = [...list] as number[];
    this.gamma = finite("MultiStepLR", "gamma", given["gamma"] ?? 0.1);
    this.apply();
  }
  protected override factor(epoch: number): number {
    return this.gamma ** this.milestones.filter((m) => m <= epoch).length;
  }
}
