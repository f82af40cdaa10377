import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { ConstantLR } from "./constantLR.ts";
import { LinearLR } from "./linearLR.ts";
import { Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";
import { SequentialLR } from "./sequentialLR.ts";

export interface WarmupOptions {
  /** The rate of the first step as a share of the full one. Default 1/warmupSteps. */
  startFactor?: number;
  /** What follows, from its own beginning. Default: the full rate for ever. */
  after?: Schedule;
}

/**
 * Straight up to the full rate in `warmupSteps` steps, then another schedule:
 *
 *     η(t) = η₀ (t + 1) / warmupSteps        for t < warmupSteps
 *
 * PyTorch has none; this is its SequentialLR of a LinearLR and what comes after.
 *
 * @example new optim.lrScheduler.WarmupLR(optimizer, 500, { after: new optim.lrScheduler.CosineAnnealingLR(optimizer, 9500) })
 */
export class WarmupLR extends SequentialLR {
  constructor(
    optimizer: Optimizer,
    warmupSteps: number | (WarmupOptions & { warmupSteps: number }),
    options?: WarmupOptions,
  ) {
    const who = "WarmupLR";
    const given = schedulerOptions(who, ["warmupSteps", "startFactor", "after"], 1, [warmupSteps, options]);
    const steps = wholeNumber(who, "warmupSteps", given["warmupSteps"]);
    const after = given["after"];
    if (after !== undefined && !(after instanceof Schedule))
      throw new OptionError(`${who}: after must be a schedule, got ${describe(after)}.`);
    // The full rate is reached at step warmupSteps − 1 when the start is 1/warmupSteps, so that no step is lost.
    const start = given["startFactor"] ?? 1 / steps;
    const up =
      steps === 1 && given["startFactor"] === undefined
        ? new ConstantLR(optimizer, 1)
        : new LinearLR(optimizer, start as number, {
            totalIters: given["startFactor"] === undefined ? steps - 1 : steps,
          });
    super(optimizer, [up, after ?? new ConstantLR(optimizer, 1)], [steps]);
  }
}
