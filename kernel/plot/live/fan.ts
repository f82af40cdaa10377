/**
 * Fans: per named parameter, the distribution over its elements of the step size and of the effective learning rate,
 * at the steps that were observed. All parameters are observed at the same steps.
 *
 * When more than `limit` observations were made, only every second is kept, then every fourth, and always the newest.
 */
export interface Observations {
  /** Observations ever made. */
  count: number;
  /** Every how many-th is kept. */
  stride: number;
  limit: number;
  /** Training step of each kept observation. */
  step: number[];
}

export const QUANTILES = ["q05", "q25", "q50", "q75", "q95"] as const;
export type Quantile = (typeof QUANTILES)[number];

/** One value for each kept observation. */
export type Fan = { [q in Quantile]: (number | null)[] } & {
  /** Share of the elements, 0…1, that the quantiles leave out: they never had a gradient or did not move. */
  leftOut: number[];
  /** Elements whose value was NaN or infinite. */
  nonFinite: number[];
};

/** One observation of a fan: the five quantiles (null: no element to take them over), share left out, not finite. */
export type FanValues = [
  q05: number | null,
  q25: number | null,
  q50: number | null,
  q75: number | null,
  q95: number | null,
  leftOut: number,
  nonFinite: number,
];

export interface ParameterFans {
  name: string;
  shape: number[];
  /** |Δθ|: how far a step really moved each element, weight decay included. */
  update: Fan;
  /** The optimizer's effective learning rate of each element; null when the optimizer does not declare one. */
  rate: Fan | null;
}

/** What was seen at one step: for each parameter, in order, its step sizes and its effective learning rates. */
export interface Observation {
  step: number;
  parameters: [update: FanValues, rate: FanValues | null][];
}

export function emptyFan(): Fan {
  return { q05: [], q25: [], q50: [], q75: [], q95: [], leftOut: [], nonFinite: [] };
}

/** Adds an observation to (copies of) `observed` and the fans, in place. */
export function addObservation(observed: Observations, parameters: ParameterFans[], seen: Observation): void {
  const index = observed.count++;
  if (seen.parameters.length !== parameters.length) {
    throw new RangeError(
      `live figure: an observation of ${seen.parameters.length} parameters came for ${parameters.length}.`,
    );
  }
  // The newest observation stands at the end even when its turn to be kept has not come; the next one replaces it.
  const provisional = observed.step.length > 0 && (index - 1) % observed.stride !== 0;
  const at = provisional ? observed.step.length - 1 : observed.step.length;
  observed.step[at] = seen.step;
  parameters.forEach(({ update, rate }, i) => {
    const [updateValues, rateValues] = seen.parameters[i]!;
    setValues(update, at, updateValues);
    if (rate) setValues(rate, at, rateValues ?? [null, null, null, null, null, 1, 0]);
  });
  if (observed.step.length > observed.limit && index % observed.stride === 0) {
    observed.stride *= 2;
    const everySecond = <T>(values: T[]) => values.filter((_, i) => i % 2 === 0);
    // With an odd number kept, the newest is at an even place and stays; the limit is even, so it always is.
    observed.step = everySecond(observed.step);
    for (const { update, rate } of parameters) {
      for (const fan of [update, rate]) {
        if (fan) for (const key of Object.keys(fan) as (keyof Fan)[]) fan[key] = everySecond<any>(fan[key]);
      }
    }
  }
}

function setValues(fan: Fan, at: number, [q05, q25, q50, q75, q95, leftOut, nonFinite]: FanValues): void {
  fan.q05[at] = q05;
  fan.q25[at] = q25;
  fan.q50[at] = q50;
  fan.q75[at] = q75;
  fan.q95[at] = q95;
  fan.leftOut[at] = leftOut;
  fan.nonFinite[at] = nonFinite;
}

export function copyFan(fan: Fan): Fan {
  return Object.fromEntries(Object.entries(fan).map(([key, values]) => [key, values.slice()])) as Fan;
}
