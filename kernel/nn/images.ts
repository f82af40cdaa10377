/** Operations on images as modules. */
import type { Spatial } from "../ops/conv.ts";
import { checkInterpolate, interpolate, type InterpolateOptions } from "../ops/interpolate.ts";
import { pad } from "../ops/pad.ts";
import { fold, patchKinds, unfoldPatches, type PatchOptions } from "../ops/unfold.ts";
import { OptionError, describe } from "../tensor/errors.ts";
import { checkNumber, checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { firstOption } from "./options.ts";

const listed = (options: object): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(", ");

/** Images made larger or smaller: `nn.functional.interpolate` with these options. */
export class Upsample extends Module {
  private readonly options: InterpolateOptions;

  constructor(first?: Spatial | InterpolateOptions, rest?: InterpolateOptions) {
    super();
    const names = ["size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor"];
    const kinds = Object.fromEntries(names.map((name) => [name, is.any]));
    this.options = firstOption("Upsample", kinds, first, rest) as InterpolateOptions;
    checkInterpolate("Upsample", this.options);
  }
  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
  override extraRepr(): string {
    return listed(this.options);
  }
}

/** Patches of an image as columns: [n, c, h, w] → [n, c · kernel, patches]. */
export class Unfold extends Module {
  readonly kernelSize: Spatial;
  private readonly options: PatchOptions;

  constructor(kernelSize: Spatial, options: PatchOptions = {}) {
    super();
    checkOptions("Unfold", options, patchKinds);
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
  override forward(x: Tensor): Tensor {
    return unfoldPatches(x, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return listed({ kernelSize: this.kernelSize, ...this.options });
  }
}

/** The reverse of Unfold, with patches that overlap added up: [n, c · kernel, patches] → [n, c, …outputSize]. */
export class Fold extends Module {
  readonly outputSize: Spatial;
  readonly kernelSize: Spatial;
  private readonly options: PatchOptions;

  constructor(outputSize: Spatial, kernelSize: Spatial, options: PatchOptions = {}) {
    super();
    checkOptions("Fold", options, patchKinds);
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return listed({ outputSize: this.outputSize, kernelSize: this.kernelSize, ...this.options });
  }
}

/** A margin of one number around images: `padding` on all sides, or [left, right, top, bottom]. */
export class ConstantPad2d extends Module {
  readonly padding: readonly number[];
  readonly value: number;

  constructor(padding: number | readonly number[], value: number) {
    super();
    const who = new.target.name;
    const sides = typeof padding === "number" ? Array<number>(4).fill(padding) : [...padding];
    if (sides.length !== 4 || !sides.every(Number.isInteger))
      throw new OptionError(
        `${who}: padding must be a whole number or [left, right, top, bottom], got ${describe(padding)}.`,
      );
    checkNumber(who, "value", value, "(not NaN)", (x) => !Number.isNaN(x));
    this.padding = sides;
    this.value = value;
  }
  override forward(x: Tensor): Tensor {
    return pad(x, this.padding, { value: this.value });
  }
  override extraRepr(): string {
    return `padding=[${this.padding.join(", ")}], value=${this.value}`;
  }
}
/** A margin of zeros around images. */
export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: number | readonly number[]) {
    super(padding, 0);
  }
}
