import type { Optimizer } from "../optimizer.ts";
import { finite, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface WarmRestartsOptions {
  /** Each run is this many times as long as the one before. Default 1. */
  tMult?: number;
  /** Default 0. */
  etaMin?: number;
}

/**
 * Half a cosine from η₀ down to etaMin in t0 epochs, then from η₀ again, each run tMult times as long.
 *
 * Loshchilov & Hutter 2017, arXiv:1608.03983.
 */
export class CosineAnnealingWarmRestarts extends Schedule {
  private readonly t0: number;
  private readonly tMult: number;
  private readonly etaMin: number;

  constructor(
    optimizer: Optimizer,
    t0: number | (WarmRestartsOptions & { t0: number }),
    options?: WarmRestartsOptions,
  ) {
    super(optimizer);
    const who = "CosineAnnealingWarmRestarts";
    const given = schedulerOptions(who, ["t0", "tMult", "etaMin"], 1, [t0, options]);
    this.t0 = wholeNumber(who, "t0", given["t0"]);
    this.tMult = wholeNumber(who, "tMult", given["tMult"] ?? 1);
    this.etaMin = finite(who, "etaMin", given["etaMin"] ?? 0);
    this.apply();
  }
  protected override rate(base: number): number {
    let length = this.t0;
    let epoch = this.lastEpoch;
    for (; epoch >= length; length *= this.tMult) epoch -= length;
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * epoch) / length))) / 2;
  }
}
