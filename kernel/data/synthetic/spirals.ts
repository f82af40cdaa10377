import { checkNumber } from "../../tensor/options.ts";
import { classified, drawing, positive, shares, type Classes, type SampleOptions } from "./drawing.ts";

/**
 * Spirals wound into each other, one for each class: hard for a small network.
 *
 * x [n, 2] float32, y [n] int32 in 0 … classes−1. Of class k, m points at radius r = i/m, i = 1 … m, and angle
 * 2π (turns · r + k / classes).
 *
 * ```ts
 * const { x, y } = data.spirals({ n: 300, classes: 3, noise: 0.02 });
 * [x.shape, y.max().item()] // → [[300, 2], 2]
 * ```
 */
export function spirals(options: SampleOptions & { classes?: number; turns?: number } = {}): Classes {
  const draw = drawing("data.spirals", options, ["classes", "turns"]);
  const { classes: count = 2, turns = 1 } = options;
  checkNumber("data.spirals", "classes", count, "≥ 1, whole", positive);
  checkNumber("data.spirals", "turns", turns, "that is finite", Number.isFinite);
  const points: [number, number][] = [];
  const classes: number[] = [];
  for (const [k, m] of shares(draw.n, count).entries()) {
    for (let i = 1; i <= m; i++) {
      const r = i / m;
      const angle = 2 * Math.PI * (turns * r + k / count);
      points.push([r * Math.cos(angle), r * Math.sin(angle)]);
      classes.push(k);
    }
  }
  return classified(points, classes, draw);
}
