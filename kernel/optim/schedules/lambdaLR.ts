import { describe, OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { Schedule } from "./schedule.ts";

type Factor = (epoch: number) => number;

function factors(who: string, optimizer: Optimizer, lrLambda: unknown): Factor[] {
  const list = Array.isArray(lrLambda) ? (lrLambda as unknown[]) : optimizer.paramGroups.map(() => lrLambda);
  if (list.length !== optimizer.paramGroups.length || !list.every((f) => typeof f === "function")) {
    throw new OptionError(
      `${who}: lrLambda must be a function of the epoch, or one for each of the ${optimizer.paramGroups.length} groups, got ${describe(lrLambda)}.`,
    );
  }
  return list as Factor[];
}

/** η = η₀ · lrLambda(e): a schedule of your own. */
export class LambdaLR extends Schedule {
  private readonly lrLambdas: Factor[];

  constructor(optimizer: Optimizer, lrLambda: Factor | readonly Factor[]) {
    super(optimizer);
    this.lrLambdas = factors("LambdaLR", optimizer, lrLambda);
    this.apply();
  }
  protected override rate(base: number, _lr: number, i: number): number {
    return base * this.lrLambdas[i]!(this.lastEpoch);
  }
}

/** Times lrLambda(e) at each epoch e from 1 on. */
export class MultiplicativeLR extends Schedule {
  private readonly lrLambdas: Factor[];

  constructor(optimizer: Optimizer, lrLambda: Factor | readonly Factor[]) {
    super(optimizer);
    this.lrLambdas = factors("MultiplicativeLR", optimizer, lrLambda);
    this.apply();
  }
  protected override rate(_base: number, lr: number, i: number): number {
    return this.lastEpoch === 0 ? lr : lr * this.lrLambdas[i]!(this.lastEpoch);
  }
}
