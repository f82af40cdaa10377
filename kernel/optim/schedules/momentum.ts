import { OptionError } from "../../tensor/errors.ts";
import type { Optimizer } from "../optimizer.ts";

type Group = Optimizer["paramGroups"][number];

/** The momentum of a group: `momentum`, or β₁ of the Adam family. */
export function momentumOf(who: string, group: Group): number {
  if (Array.isArray(group["betas"])) return (group["betas"] as number[])[0]!;
  if (typeof group["momentum"] === "number") return group["momentum"];
  throw new OptionError(`${who}: this optimizer has no momentum to cycle. Pass { cycleMomentum: false }.`);
}

export function setMomentum(group: Group, value: number): void {
  if (Array.isArray(group["betas"])) group["betas"] = [value, ...(group["betas"] as number[]).slice(1)];
  else group["momentum"] = value;
}
