import { describe, OptionError } from "../../tensor/errors.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Optimizer } from "../optimizer.ts";
import { finite, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface PlateauOptions {
  /** Whether smaller ("min", default) or larger ("max") is better. */
  mode?: "min" | "max";
  /** Default 0.1. */
  factor?: number;
  /** Epochs without improvement that are borne. Default 10. */
  patience?: number;
  /** By how much better counts. Default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share ("rel", default) or a difference ("abs"). */
  thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** Lower bound. Default 0. */
  minLr?: number;
  /** A smaller change of the rate is not made. Default 1e-8. */
  eps?: number;
}
const names = ["mode", "factor", "patience", "threshold", "thresholdMode", "cooldown", "minLr", "eps"];

/** Times factor when a metric, given to `step(metric)`, has not improved for more than patience epochs. */
export class ReduceLROnPlateau extends Schedule {
  private readonly options: Required<PlateauOptions>;
  private best: number;
  private badEpochs = 0;
  private cooling = 0;

  constructor(optimizer: Optimizer, mode?: "min" | "max" | PlateauOptions, options?: PlateauOptions) {
    super(optimizer);
    const who = "ReduceLROnPlateau";
    const given = schedulerOptions(who, names, 0, [mode, options]) as PlateauOptions;
    const defaults: Required<PlateauOptions> = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    };
    const all = (this.options = { ...defaults, ...given });
    if (all.mode !== "min" && all.mode !== "max")
      throw new OptionError(`${who}: mode must be "min" or "max", got ${describe(all.mode)}.`);
    if (all.thresholdMode !== "rel" && all.thresholdMode !== "abs") {
      throw new OptionError(`${who}: thresholdMode must be "rel" or "abs", got ${describe(all.thresholdMode)}.`);
    }
    if (!(finite(who, "factor", all.factor) < 1))
      throw new OptionError(`${who}: factor must be < 1, got ${all.factor}.`);
    wholeNumber(who, "patience", all.patience, 0);
    wholeNumber(who, "cooldown", all.cooldown, 0);
    this.best = all.mode === "min" ? Infinity : -Infinity;
  }

  protected override rate(_base: number, lr: number): number {
    return lr;
  }

  override step(metric?: number | Tensor): void {
    if (metric === undefined)
      throw new OptionError("ReduceLROnPlateau: step needs the metric: schedule.step(validationLoss).");
    const value = typeof metric === "number" ? metric : metric.item();
    this.lastEpoch++;
    if (this.isBetter(value)) {
      this.best = value;
      this.badEpochs = 0;
    } else this.badEpochs++;
    if (this.cooling > 0) {
      this.cooling--;
      this.badEpochs = 0;
    }
    if (this.badEpochs <= this.options.patience) return;
    for (const group of this.optimizer.paramGroups) {
      const lr = Math.max(group.lr * this.options.factor, this.options.minLr);
      if (group.lr - lr > this.options.eps) group.lr = lr;
    }
    this.cooling = this.options.cooldown;
    this.badEpochs = 0;
  }

  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === "min" ? -1 : 1;
    const bar = thresholdMode === "rel" ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === "min" ? value < bar : value > bar;
  }
}
