import type { Optimizer } from "../optimizer.ts";
import { finite, FactorSchedule, schedulerOptions } from "./schedule.ts";

/** Times gamma every epoch: η = η₀ γᵉ. */
export class ExponentialLR extends FactorSchedule {
  private readonly gamma: number;

  constructor(optimizer: Optimizer, gamma: number | { gamma: number }) {
    super(optimizer);
    this.gamma = finite("ExponentialLR", "gamma", schedulerOptions("ExponentialLR", ["gamma"], 1, [gamma])["gamma"]);
    this.apply();
  }
  protected override factor(epoch: number): number {
    return this.gamma ** epoch;
  }
}
