import type { Geometry } from "./convPlan.ts";

/** Visits every product x[i] · w[j] that a convolution adds to y[k]: the definition, for known answers and tests. */
export function convTerms(g: Geometry, visit: (x: number, w: number, y: number) => void): void {
  const [batch, inChannels, height, width] = g.input as [number, number, number, number];
  const [outChannels, channels, kh, kw] = g.weight as [number, number, number, number];
  const [, , oh, ow] = g.output as [number, number, number, number];
  let y = 0;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outChannels; o++) {
      const first = n * inChannels + Math.floor(o / (outChannels / g.groups)) * channels;
      for (let row = 0; row < oh; row++) {
        for (let column = 0; column < ow; column++, y++) {
          for (let tap = 0; tap < channels * kh * kw; tap++) {
            const c = Math.floor(tap / (kh * kw));
            const i = row * g.stride[0] - g.padding[0] + (Math.floor(tap / kw) % kh) * g.dilation[0];
            const j = column * g.stride[1] - g.padding[1] + (tap % kw) * g.dilation[1];
            if (i < 0 || i >= height || j < 0 || j >= width) continue;
            visit(((first + c) * height + i) * width + j, o * channels * kh * kw + tap, y);
          }
        }
      }
    }
  }
}
