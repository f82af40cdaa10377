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
          let tap = o * channels * kh * kw;
          for (let c = 0; c < channels; c++) {
            for (let u = 0; u < kh; u++) {
              const i = row * g.stride[0] - g.padding[0] + u * g.dilation[0];
              for (let v = 0; v < kw; v++, tap++) {
                const j = column * g.stride[1] - g.padding[1] + v * g.dilation[1];
                const inside = i >= 0 && i < height && j >= 0 && j < width;
                if (inside) visit(((first + c) * height + i) * width + j, tap, y);
              }
            }
          }
        }
      }
    }
  }
}
