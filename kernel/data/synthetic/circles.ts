import { checkNumber } from "../../tensor/options.ts";
import { classified, drawing, type Classes, type SampleOptions } from "./drawing.ts";

/**
 * A circle within a circle.
 *
 * x [n, 2] float32, y [n] int32: 0 is the outer circle of radius 1, n/2 points evenly on it; 1 the inner one, of radius
 * `factor` (default 0.8). The same points as scikit-learn's make_circles, but for order and noise.
 *
 * ```ts
 * const { x, y } = data.circles({ n: 6, factor: 0.5 });
 * x.pow(2).sum(1).sqrt().mul(100).round().min().item() // → 50
 * y.sum().item() // → 3
 * ```
 */
export function circles(options: SampleOptions & { factor?: number } = {}): Classes {
  const draw = drawing("data.circles", options, ["factor"]);
  const { factor = 0.8 } = options;
  checkNumber("data.circles", "factor", factor, "≥ 0, below 1", (x) => x >= 0 && x < 1);
  const outer = Math.floor(draw.n / 2);
  const points: [number, number][] = [];
  const classes: number[] = [];
  for (const [k, count] of [outer, draw.n - outer].entries()) {
    for (let i = 0; i < count; i++) {
      const t = (2 * Math.PI * i) / count;
      const radius = k === 0 ? 1 : factor;
      points.push([radius * Math.cos(t), radius * Math.sin(t)]);
      classes.push(k);
    }
  }
  return classified(points, classes, draw);
}
