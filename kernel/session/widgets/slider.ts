import { inspect } from "node:util";
import { refuseUnknown } from "../options.ts";
import { ValueWidget, type Declaration, type WidgetParts } from "./widget.ts";

export interface SliderOptions {
  /** The left end. Default 0. */
  min?: number;
  /** The right end. Default 1. */
  max?: number;
  /** At first. Default: the middle. */
  value?: number;
  /**
   * How far one step goes; with `log` in powers of ten. Default: 1 between whole numbers that are further apart than 1, else
   * about a hundredth of the way.
   */
  step?: number;
  /** Equal ways multiply by equal factors: for learning rates. Needs `min` above 0. */
  log?: boolean;
  /** The text before it. */
  label?: string;
  disabled?: boolean;
}

const WHO = "widget.slider";
const OPTIONS: readonly (keyof SliderOptions)[] = ["min", "max", "value", "step", "log", "label", "disabled"];

/**
 * A number between `min` and `max` that the user moves:
 *
 *     const lr = widget.slider({ min: 1e-4, max: 1, log: true, label: "learning rate" });
 *     lr.onChange((value) => { optimizer.paramGroups[0].lr = value; });
 *     lr
 *
 * `lr.value` reads and sets it, `await lr.next()` waits for the next change, `for await (const value of lr)` goes on with
 * each. In ipywidgets it is an IntSlider, a FloatSlider or a FloatLogSlider.
 */
export class Slider extends ValueWidget<number> {
  readonly #range: Range;

  constructor(parts: WidgetParts, options: SliderOptions = {}) {
    const range = rangeOf(options);
    super(WHO, parts, declaration(range, options), "newest");
    this.#range = range;
  }

  get min(): number {
    return this.#range.min;
  }
  get max(): number {
    return this.#range.max;
  }

  protected override checked(name: string, value: unknown): unknown {
    if (name !== "value") return super.checked(name, value);
    return inside(this.#range, value);
  }
}

interface Range {
  min: number;
  max: number;
  step: number;
  log: boolean;
  /** Only whole numbers. */
  whole: boolean;
  value: number;
}

function rangeOf(options: SliderOptions): Range {
  refuseUnknown(WHO, options, OPTIONS);
  const { min = 0, max = 1, log = false, label = "", disabled = false } = options;
  for (const [name, value] of Object.entries({ min, max, step: options.step ?? 1, value: options.value ?? min }))
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new TypeError(`${WHO}: ${name} must be a number, got ${inspect(value, { depth: 0 }).slice(0, 80)}.`);
  for (const [name, value, type] of [
    ["log", log, "boolean"],
    ["disabled", disabled, "boolean"],
    ["label", label, "string"],
  ] as const)
    if (typeof value !== type) throw new TypeError(`${WHO}: ${name} must be a ${type}, got ${typeof value}.`);
  if (log && min <= 0)
    throw new RangeError(`${WHO}: with log, min must be above 0, got ${min}. For a learning rate, min: 1e-4, max: 1.`);
  if (min >= max) throw new RangeError(`${WHO}: min must be below max, got ${min} and ${max}.`);
  const [from, to] = log ? [Math.log10(min), Math.log10(max)] : [min, max];
  const isWhole = !log && [min, max, options.value ?? min, options.step ?? 1].every(Number.isInteger);
  const step = options.step ?? (isWhole && max - min > 1 ? 1 : roundStep((to - from) / 100));
  if (step <= 0 || step > to - from)
    throw new RangeError(
      `${WHO}: step must be above 0 and at most ${to - from}${log ? " (in powers of ten)" : ""}, got ${step}.`,
    );
  const range = { min, max, step, log, whole: isWhole && Number.isInteger(step), value: min };
  if (options.value !== undefined) return { ...range, value: inside(range, options.value) };
  const middle = from + step * Math.round((to - from) / 2 / step);
  return { ...range, value: clamped(range, tidy(log ? 10 ** middle : middle)) };
}

/** The value as the slider has it: at an end when it is off by no more than rounding. */
function inside(range: Range, value: unknown): number {
  const { min, max, whole } = range;
  if (typeof value !== "number" || Number.isNaN(value))
    throw new TypeError(`${WHO}: value must be a number, got ${inspect(value, { depth: 0 }).slice(0, 80)}.`);
  const slack = 1e-9 * Math.max(Math.abs(min), Math.abs(max));
  if (value < min - slack || value > max + slack)
    throw new RangeError(`${WHO}: value must be between ${min} and ${max}, got ${value}.`);
  if (whole && !Number.isInteger(value))
    throw new RangeError(`${WHO}: value must be a whole number, got ${value}. For others give a step, such as 0.1.`);
  return clamped(range, value);
}
const clamped = ({ min, max }: Range, value: number): number => Math.min(max, Math.max(min, value));

/** The largest of 1, 2 and 5 times a power of ten that is not above `step`. */
function roundStep(step: number): number {
  // A hair below is meant to be it: 0.7 − 0.2 is not quite 0.5.
  const exponent = Math.floor(Math.log10(step) + 1e-9);
  const mantissa = step / 10 ** exponent + 1e-6;
  // 0.01 is read from its text: 10 ** -2 times 1 is not always the nearest number.
  return Number(`${mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1}e${exponent}`);
}

/** Without the last digits, in which sums of steps differ from what people write. */
const tidy = (value: number): number => Number(value.toPrecision(12));

function declaration({ min, max, step, log, whole, value }: Range, options: SliderOptions): Declaration {
  const common = {
    behavior: "drag-tap",
    continuous_update: true,
    description: options.label ?? "",
    description_allow_html: false,
    disabled: options.disabled ?? false,
    orientation: "horizontal",
    readout: true,
    step,
    value,
  };
  // The label may be as long as it is; by itself ipywidgets cuts it.
  const style = { style: "SliderStyle", styleState: { description_width: "initial", handle_color: null } };
  if (log)
    return {
      ...style,
      kind: "FloatLogSlider",
      state: { ...common, base: 10, min: Math.log10(min), max: Math.log10(max), readout_format: ".3~g" },
    };
  if (whole) return { ...style, kind: "IntSlider", state: { ...common, min, max, readout_format: "d" } };
  const digits = Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return { ...style, kind: "FloatSlider", state: { ...common, min, max, readout_format: `.${digits}f` } };
}
