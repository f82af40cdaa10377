import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { momentumOf, setMomentum } from "./momentum.ts";
import { finite, perGroup, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface CyclicOptions {
  /** Steps of the way up. Default 2000. */
  stepSizeUp?: number;
  /** Steps of the way down. Default as up. */
  stepSizeDown?: number;
  /** "triangular" (default), "triangular2" (half as high each cycle) or "exp_range" (times gamma each step). */
  mode?: "triangular" | "triangular2" | "exp_range";
  /** For "exp_range". Default 1. */
  gamma?: number;
  /** Move momentum (or β₁) the other way. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.8. */
  baseMomentum?: number;
  /** Default 0.9. */
  maxMomentum?: number;
}
type PerGroup = number | readonly number[];
const names = [
  "baseLr",
  "maxLr",
  "stepSizeUp",
  "stepSizeDown",
  "mode",
  "gamma",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
];

/** Up and down between baseLr and maxLr (for all groups, or one for each); one step per batch. Smith 2017, arXiv:1506.01186. */
export class CyclicLR extends Schedule {
  private readonly low: number[];
  private readonly high: number[];
  private readonly up: number;
  private readonly length: number;
  private readonly mode: string;
  private readonly gamma: number;
  private readonly cycleMomentum: boolean;
  private readonly momentum: readonly [number, number];

  constructor(
    optimizer: Optimizer,
    baseLr: PerGroup | (CyclicOptions & { baseLr: PerGroup; maxLr: PerGroup }),
    maxLr?: PerGroup,
    options?: CyclicOptions,
  ) {
    super(optimizer);
    const who = "CyclicLR";
    const given = schedulerOptions(who, names, 2, [baseLr, maxLr, options]);
    this.low = perGroup(who, "baseLr", given["baseLr"], optimizer);
    this.high = perGroup(who, "maxLr", given["maxLr"], optimizer);
    this.up = wholeNumber(who, "stepSizeUp", given["stepSizeUp"] ?? 2000);
    this.length = this.up + wholeNumber(who, "stepSizeDown", given["stepSizeDown"] ?? this.up);
    this.mode = (given["mode"] ?? "triangular") as string;
    if (!["triangular", "triangular2", "exp_range"].includes(this.mode)) {
      throw new OptionError(
        `${who}: mode must be "triangular", "triangular2" or "exp_range", got ${describe(this.mode)}.`,
      );
    }
    this.gamma = finite(who, "gamma", given["gamma"] ?? 1);
    this.cycleMomentum = (given["cycleMomentum"] as boolean | undefined) ?? true;
    this.momentum = [
      finite(who, "baseMomentum", given["baseMomentum"] ?? 0.8),
      finite(who, "maxMomentum", given["maxMomentum"] ?? 0.9),
    ];
    if (this.cycleMomentum) optimizer.paramGroups.forEach((group) => momentumOf(who, group));
    this.apply();
  }

  /** How far up the triangle, 0 … 1, times what is left of its height. */
  private height(): number {
    const cycle = Math.floor(this.lastEpoch / this.length);
    const x = this.lastEpoch / this.length - cycle;
    const ratio = this.up / this.length;
    const triangle = x <= ratio ? x / ratio : (x - 1) / (ratio - 1);
    if (this.mode === "triangular2") return triangle / 2 ** cycle;
    return this.mode === "exp_range" ? triangle * this.gamma ** this.lastEpoch : triangle;
  }

  protected override rate(_base: number, _lr: number, i: number): number {
    // A group that was added since goes with the first one.
    const low = this.low[i] ?? this.low[0]!;
    return low + ((this.high[i] ?? this.high[0]!) - low) * this.height();
  }
  protected override apply(): void {
    super.apply();
    if (!this.cycleMomentum) return;
    const [low, high] = this.momentum;
    for (const group of this.optimizer.paramGroups) setMomentum(group, high - (high - low) * this.height());
  }
}
