import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { Schedule } from "./schedule.ts";

function checkSchedules(who: string, optimizer: Optimizer | undefined, schedulers: readonly Schedule[]): Optimizer {
  if (!Array.isArray(schedulers) || schedulers.length === 0 || !schedulers.every((s) => s instanceof Schedule)) {
    throw new OptionError(`${who}: needs an array of schedules, got ${describe(schedulers)}.`);
  }
  const first = optimizer ?? schedulers[0]!.optimizer;
  if (schedulers.some((s) => s.optimizer !== first))
    throw new OptionError(`${who}: all schedules must be on the same optimizer.`);
  return first;
}

/** Schedules one after the other: the next one takes over, from its own beginning, at each milestone. */
export class SequentialLR extends Schedule {
  private readonly schedulers: readonly Schedule[];
  private readonly milestones: readonly number[];

  constructor(
    optimizer: Optimizer,
    schedulers: readonly Schedule[],
    milestones: readonly number[] | { milestones: readonly number[] },
  ) {
    super(checkSchedules("SequentialLR", optimizer, schedulers));
    const list = "milestones" in milestones ? milestones.milestones : milestones;
    if (!Array.isArray(list) || list.length !== schedulers.length - 1) {
      throw new OptionError(
        `SequentialLR: ${schedulers.length} schedules need ${schedulers.length - 1} milestones, got ${describe(list)}.`,
      );
    }
    this.schedulers = schedulers;
    this.milestones = list as number[];
    // The later schedules have set the rate when they were made.
    schedulers[0]!.restart();
  }
  protected override rate(_base: number, lr: number): number {
    return lr;
  }
  override step(): void {
    this.lastEpoch++;
    const at = this.milestones.filter((m) => m <= this.lastEpoch).length;
    if (at > 0 && this.milestones[at - 1] === this.lastEpoch) this.schedulers[at]!.restart();
    else this.schedulers[at]!.step();
  }
}

/** Schedules at once: each step, all of them step, one after the other, each on the rate that the one before left. */
export class ChainedScheduler extends Schedule {
  private readonly schedulers: readonly Schedule[];

  constructor(schedulers: readonly Schedule[]) {
    super(checkSchedules("ChainedScheduler", undefined, schedulers));
    this.schedulers = schedulers;
  }
  protected override rate(_base: number, lr: number): number {
    return lr;
  }
  override step(): void {
    this.lastEpoch++;
    for (const schedule of this.schedulers) schedule.step();
  }
}
