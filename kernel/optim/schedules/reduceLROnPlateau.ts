import { describe, OptionError } from "../../tensor/errors.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Optimizer } from "../optimizer.ts";
import { finite, perGroup, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

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
  /** Lower bound, for all groups or one for each. Default 0. */
  minLr?: number | readonly number[];
  /** A smaller change of the rate is not made. Default 1e-8. */
  eps?: number;
}
const names = ["mode", "factor", "patience", "threshold", "thresholdMode", "cooldown", "minLr", "eps"];

/** Times factor when a metric, given to `step(metric)`, has not improved for more than patience epochs. */
export class ReduceLROnPlateau extends Schedule {
  private readonly options: Required<PlateauOptions>;
  private readonly minLrs: readonly number[];
  /** null before the first metric. */
  private best: number | null = null;
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
    if (!(finite(who, "factor", all.factor, 0) < 1))
      throw new OptionError(`${who}: factor must be < 1, got ${all.factor}.`);
    finite(who, "threshold", all.threshold, 0);
    finite(who, "eps", all.eps, 0);
    this.minLrs = perGroup(who, "minLr", all.minLr, optimizer, 0);
    wholeNumber(who, "patience", all.patience, 0);
    wholeNumber(who, "cooldown", all.cooldown, 0);
  }

  protected override rate(_base: number, lr: number): number {
    return lr;
  }

  override step(metric?: number | Tensor): void {
    const value = metric instanceof Tensor && metric.numel() === 1 ? metric.item() : metric;
    if (typeof value !== "number")
      throw new OptionError(
        `ReduceLROnPlateau: step needs the metric, a number or a tensor with one: schedule.step(validationLoss); got ${describe(metric)}.`,
      );
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
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      // A group that was added since has the first one's bound.
      const lr = Math.max(group.lr * this.options.factor, this.minLrs[i] ?? this.minLrs[0]!);
      if (group.lr - lr > this.options.eps) group.lr = lr;
    }
    this.cooling = this.options.cooldown;
    this.badEpochs = 0;
  }

  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === "min" ? -1 : 1;
    const best = this.best ?? -sign * Infinity;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? value < bar : value > bar;
  }
}
