import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { momentumOf, setMomentum } from "./momentum.ts";
import { finite, perGroup, Schedule, schedulerOptions, wholeNumber } from "./schedule.ts";

export interface OneCycleOptions {
  /** Steps in all; or give epochs and stepsPerEpoch. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** Share of the steps that rise. Default 0.3. */
  pctStart?: number;
  /** Default "cos". */
  annealStrategy?: "cos" | "linear";
  /** Move momentum (or β₁) the other way. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number;
  /** Default 0.95. */
  maxMomentum?: number;
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Fall back to the first rate as slowly as it rose, then to the last. Default false. */
  threePhase?: boolean;
}
const names = [
  "maxLr",
  "totalSteps",
  "epochs",
  "stepsPerEpoch",
  "pctStart",
  "annealStrategy",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
  "divFactor",
  "finalDivFactor",
  "threePhase",
];

/** The rate at the start, at the top, and at the end. */
type Level = "first" | "max" | "last";
interface Phase {
  readonly end: number;
  readonly from: Level;
  readonly to: Level;
  readonly momentum: readonly [number, number];
}

function divisor(name: string, value: unknown): number {
  if (finite("OneCycleLR", name, value) > 0) return value as number;
  throw new OptionError(`OneCycleLR: ${name} must be > 0, got ${describe(value)}.`);
}

/**
 * Up to maxLr (for all groups, or one for each), then down to almost nothing, in one cycle; one step per batch.
 *
 * Smith & Topin 2018, arXiv:1708.07120.
 */
export class OneCycleLR extends Schedule {
  private readonly totalSteps: number;
  private readonly phases: readonly Phase[];
  private readonly maxLrs: number[];
  private readonly divFactor: number;
  private readonly finalDivFactor: number;
  private readonly cosine: boolean;
  private readonly cycleMomentum: boolean;

  constructor(
    optimizer: Optimizer,
    maxLr: number | readonly number[] | (OneCycleOptions & { maxLr: number | readonly number[] }),
    options?: OneCycleOptions,
  ) {
    super(optimizer);
    const who = "OneCycleLR";
    const given = schedulerOptions(who, names, 1, [maxLr, options]);
    this.maxLrs = perGroup(who, "maxLr", given["maxLr"], optimizer);
    if (given["totalSteps"] === undefined && (given["epochs"] === undefined || given["stepsPerEpoch"] === undefined)) {
      throw new OptionError(`${who}: give totalSteps, or epochs and stepsPerEpoch.`);
    }
    this.totalSteps =
      given["totalSteps"] === undefined
        ? wholeNumber(who, "epochs", given["epochs"]) * wholeNumber(who, "stepsPerEpoch", given["stepsPerEpoch"])
        : wholeNumber(who, "totalSteps", given["totalSteps"]);
    const rise = finite(who, "pctStart", given["pctStart"] ?? 0.3);
    if (rise < 0 || rise > 1) throw new OptionError(`${who}: pctStart must be from 0 to 1, got ${rise}.`);
    const strategy = given["annealStrategy"] ?? "cos";
    if (strategy !== "cos" && strategy !== "linear") {
      throw new OptionError(`${who}: annealStrategy must be "cos" or "linear", got ${describe(strategy)}.`);
    }
    this.cosine = strategy === "cos";
    const low = finite(who, "baseMomentum", given["baseMomentum"] ?? 0.85);
    const high = finite(who, "maxMomentum", given["maxMomentum"] ?? 0.95);
    this.divFactor = divisor("divFactor", given["divFactor"] ?? 25);
    this.finalDivFactor = divisor("finalDivFactor", given["finalDivFactor"] ?? 1e4);
    const steps = this.totalSteps;
    this.phases = given["threePhase"]
      ? [
          { end: rise * steps - 1, from: "first", to: "max", momentum: [high, low] },
          { end: 2 * rise * steps - 2, from: "max", to: "first", momentum: [low, high] },
          { end: steps - 1, from: "first", to: "last", momentum: [high, high] },
        ]
      : [
          { end: rise * steps - 1, from: "first", to: "max", momentum: [high, low] },
          { end: steps - 1, from: "max", to: "last", momentum: [low, high] },
        ];
    this.cycleMomentum = (given["cycleMomentum"] as boolean | undefined) ?? true;
    if (this.cycleMomentum) optimizer.paramGroups.forEach((group) => momentumOf(who, group));
    this.apply();
  }

  protected override rate(_base: number, _lr: number, i: number): number {
    if (this.lastEpoch > this.totalSteps) {
      throw new OptionError(
        `OneCycleLR: step ${this.lastEpoch} of ${this.totalSteps}: the cycle is over. Give a larger totalSteps.`,
      );
    }
    const { phase, share } = this.place();
    // A group that was added since goes with the first one.
    const max = this.maxLrs[i] ?? this.maxLrs[0]!;
    const first = max / this.divFactor;
    const levels = { first, max, last: first / this.finalDivFactor };
    return this.between(levels[phase.from], levels[phase.to], share);
  }
  protected override apply(): void {
    super.apply();
    if (!this.cycleMomentum) return;
    const { phase, share } = this.place();
    for (const group of this.optimizer.paramGroups) setMomentum(group, this.between(...phase.momentum, share));
  }

  private place(): { phase: Phase; share: number } {
    const at = this.phases.findIndex(({ end }, i) => this.lastEpoch <= end || i === this.phases.length - 1);
    const phase = this.phases[at]!;
    const start = this.phases[at - 1]?.end ?? 0;
    return { phase, share: (this.lastEpoch - start) / (phase.end - start) };
  }
  private between(from: number, to: number, share: number): number {
    return this.cosine ? to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share)) : from + (to - from) * share;
  }
}
