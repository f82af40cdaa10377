import "./tensorVariable.ts";
export { Tensor, type Nested } from "./tensor.ts";
export type { DType, TypedArray } from "./dtype.ts";
export type { Shape } from "./shape.ts";
export type { TensorOptions } from "./create.ts";
export { tensor, zeros, ones, full, zerosLike, onesLike, fullLike, arange, linspace, eye } from "./create.ts";
export { manualSeed, rand, randn, randint, randperm, randLike, randnLike } from "./random.ts";
export { ShapeError, DTypeError, AutogradError, FileError, OptionError, MemoryError } from "./errors.ts";
export { load, loadMetadata, save, type Saveable, type SaveOptions } from "./save.ts";
