import { classified, drawing, type Classes, type SampleOptions } from "./drawing.ts";

/**
 * Two half circles that reach into each other: what a straight line cannot separate.
 *
 * x [n, 2] float32, y [n] int32: 0 is the upper moon, n/2 points evenly on (cos t, sin t), t from 0 to π; 1 the lower one,
 * on (1 − cos t, ½ − sin t). The same points as scikit-learn's make_moons, but for order and noise.
 *
 * ```ts
 * const { x, y } = data.moons({ n: 200, noise: 0.1, seed: 1 });
 * [x.shape, y.shape] // → [[200, 2], [200]]
 * ```
 */
export function moons(options: SampleOptions = {}): Classes {
  const draw = drawing("data.moons", options, []);
  const upper = Math.floor(draw.n / 2);
  const points: [number, number][] = [];
  const classes: number[] = [];
  for (const [k, count] of [upper, draw.n - upper].entries()) {
    for (let i = 0; i < count; i++) {
      const t = count === 1 ? 0 : (Math.PI * i) / (count - 1);
      points.push(k === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)]);
      classes.push(k);
    }
  }
  return classified(points, classes, draw);
}
