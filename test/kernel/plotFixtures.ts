/** What the tests of figures are made of: states, a host that remembers, a clock that is set by hand. */
import type { Host, MimeBundle } from "../../kernel/plot/host.ts";
import { encodeValue } from "../../kernel/plot/live/curve.ts";
import type { FanValues } from "../../kernel/plot/live/fan.ts";
import { applyDelta, initialState, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";

/** Numbers in [0, 1), the same on every machine (Numerical Recipes' linear congruence). */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const SHAPES: [string, number[]][] = [
  ["layer1.weight", [128, 784]],
  ["layer1.bias", [128]],
  ["layer2.weight", [10, 128]],
  ["layer2.bias", [10]],
];

/** A state as after training a 784-128-10 network, or one with more parameters. */
export function liveState({ steps = 120, parameters = 4, diverged = false, id = "live-fixture" } = {}): LiveState {
  const random = noise(9);
  const named = Array.from({ length: parameters }, (_, i) => {
    const [name, shape] = SHAPES[i] ?? [`blocks.${i - 4}.norm.weight`, [64]];
    return { name, shape, rate: true };
  });
  let state = initialState({
    id,
    title: diverged ? "SGD, lr = 10" : "Adam",
    optimizer: "Adam",
    smoothing: 0.9,
    parameters: named,
  });
  for (let step = 1; step <= steps; step++) {
    const loss = diverged && step > 60 ? NaN : 0.1 + 2.2 / (1 + step / 20) + (random() - 0.5) * 0.2;
    const points: LiveDelta["points"] = { loss: { step: [step], value: [encodeValue(loss)] } };
    if (step % 30 === 0) points["accuracy"] = { step: [step], value: [1 - 0.5 / (step / 30)] };
    const fan = (middle: number, leftOut: number, failed: number): FanValues => {
      const m = middle * (1 + 0.3 * random());
      return failed > 0 ? [null, null, null, null, null, 0, failed] : [m / 20, m / 3, m, m * 2.5, m * 6, leftOut, 0];
    };
    state = applyDelta(state, {
      seq: step,
      elapsedMs: step * 100,
      running: step < steps,
      points,
      observations: [
        {
          step,
          parameters: named.map(({ shape }, i) => {
            const failed = diverged && step > 60 ? shape.reduce((a, b) => a * b, 1) : 0;
            return [
              fan(1e-3 / (1 + step / 40), i === 0 ? 0.085 : 0, failed),
              fan(0.2 / (1 + step / 10), i === 0 ? 0.085 : 0, failed),
            ];
          }),
        },
      ],
    });
  }
  return state;
}

/** Remembers what was shown and sent, in order. */
export class FakeHost implements Host {
  calls: { call: string; id: string; value: any }[] = [];
  #atEnd: (() => void)[] = [];
  display(bundle: MimeBundle, { id = "" }: { id?: string } = {}): void {
    this.#note("display", id, bundle);
  }
  update(bundle: MimeBundle, id: string): void {
    this.#note("update", id, bundle);
  }
  open(id: string, target: string, state: object): void {
    this.#note("open", id, { target, state });
  }
  send(id: string, delta: object): void {
    this.#note("send", id, delta);
  }
  close(id: string): void {
    this.#note("close", id, undefined);
  }
  onCellEnd(callback: () => void): void {
    this.#atEnd.push(callback);
  }
  poll(): void {}
  endCell(): void {
    for (const callback of this.#atEnd.splice(0)) callback();
  }
  names(): string[] {
    return this.calls.map(({ call }) => call);
  }
  sent(): LiveDelta[] {
    return this.calls.filter(({ call }) => call === "send").map(({ value }) => value);
  }
  #note(call: string, id: string, value: unknown): void {
    // As a message does: a copy, which must not change when the sender's own data do.
    this.calls.push({ call, id, value: structuredClone(value) });
  }
}

export class Clock {
  ms = 0;
  now = (): number => this.ms;
}

/** A parameter as the monitor sees it. */
export class FakeParameter {
  data: Float64Array;
  grad: { toTypedArray(): Float64Array } | undefined;
  readonly shape: number[];
  constructor(values: number[]) {
    this.data = Float64Array.from(values);
    this.shape = [values.length];
  }
  toTypedArray(): Float64Array {
    return this.data.slice();
  }
}

/** An optimizer whose step and effective learning rate are given. */
export class FakeOptimizer {
  hooks = { pre: new Set<() => void>(), post: new Set<() => void>() };
  paramGroups: { params: FakeParameter[]; weightDecay: number }[];
  rate: (parameter: FakeParameter) => number | { toTypedArray(): Float64Array } = () => 0.1;
  constructor(params: FakeParameter[], weightDecay = 0) {
    this.paramGroups = [{ params, weightDecay }];
  }
  registerStepPreHook(hook: () => void) {
    this.hooks.pre.add(hook);
    return { remove: () => void this.hooks.pre.delete(hook) };
  }
  registerStepPostHook(hook: () => void) {
    this.hooks.post.add(hook);
    return { remove: () => void this.hooks.post.delete(hook) };
  }
  effectiveLearningRate(parameter: FakeParameter) {
    return this.rate(parameter);
  }
  step(move: () => void): void {
    for (const hook of this.hooks.pre) hook();
    move();
    for (const hook of this.hooks.post) hook();
  }
}
