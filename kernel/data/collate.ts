/** From samples to a batch, and from a batch to arrays that another thread can have. */
import { fromFlat } from "../tensor/create.ts";
import type { DType, TypedArray } from "../tensor/dtype.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { joinRows, stackRows } from "./rows.ts";

/**
 * Samples of one kind as one batch of that kind, as torch.utils.data.default_collate does: tensors are stacked, numbers
 * become a float32 tensor [k] (JavaScript does not tell 1 from 1.0; for class indices give 0-d int32 tensors), booleans a
 * bool tensor, texts an array, tuples and objects go place by place.
 */
export function collate(samples: readonly unknown[]): unknown {
  return together("DataLoader", samples, (leaves) => {
    const first = leaves[0];
    if (first instanceof Tensor) return stackRows("DataLoader", leaves as Tensor[]);
    if (typeof first === "number") return fromFlat(leaves as number[], [leaves.length], "float32");
    if (typeof first === "boolean") return fromFlat(leaves.map(Number), [leaves.length], "bool");
    if (isTyped(first))
      return stackRows(
        "DataLoader",
        leaves.map((x) => fromFlat(x as TypedArray, [(x as TypedArray).length], dtypeOf(x))),
      );
    if (typeof first === "string") return leaves;
    throw new OptionError(
      `DataLoader: sample 0 of the batch is or holds ${describe(first)}; samples are tensors, numbers, booleans, texts, and tuples and objects of them. Give the loader a collate function for others.`,
    );
  });
}

/** Batches of one kind as one batch: sample r of batch p goes to `places[p][r]`. */
export function joinBatches(who: string, batches: readonly unknown[], places: readonly ArrayLike<number>[]): unknown {
  return together(who, batches, (leaves) => {
    if (leaves[0] instanceof Tensor) return joinRows(who, leaves as Tensor[], places);
    throw new OptionError(`${who}: a batch holds ${describe(leaves[0])}; only batches of tensors can be joined.`);
  });
}

/** Goes through tuples and plain objects of one structure side by side, and puts `leaf` of what is there in its place. */
function together(who: string, values: readonly unknown[], leaf: (leaves: readonly unknown[]) => unknown): unknown {
  const first = values[0];
  const kind = kindOf(first);
  const other = values.findIndex((value) => kindOf(value) !== kind);
  if (other >= 0) {
    throw new OptionError(
      `${who}: sample 0 of the batch is ${describe(first)}, sample ${other} is ${describe(values[other])}; all must be alike.`,
    );
  }
  if (Array.isArray(first)) {
    return first.map((_, i) =>
      together(
        who,
        values.map((value) => (value as unknown[])[i]),
        leaf,
      ),
    );
  }
  if (kind.startsWith("{")) {
    const entries = Object.keys(first as object).map((key) => [
      key,
      together(
        who,
        values.map((value) => (value as { [key: string]: unknown })[key]),
        leaf,
      ),
    ]);
    return Object.fromEntries(entries);
  }
  return leaf(values);
}

function kindOf(value: unknown): string {
  if (value instanceof Tensor) return "tensor";
  if (Array.isArray(value)) return `[${value.length}]`;
  if (isTyped(value)) return "typed array";
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).join()}}`;
  return value === null ? "null" : typeof value;
}

/** A tensor as another thread sees it. */
export interface ArrayData {
  data: TypedArray;
  shape: readonly number[];
  dtype?: DType;
}

/** A batch with its tensors as plain arrays, all of them copies that may be given away. */
export function toArrays(value: unknown): unknown {
  if (isTyped(value)) return (value as TypedArray).slice();
  if (value instanceof Tensor) return { data: value.toTypedArray(), shape: [...value.shape], dtype: value.dtype };
  return inside(value, toArrays);
}

/** The batch back: every `{ data, shape }` and typed array as a tensor. */
export function toTensors(value: unknown): unknown {
  if (isTyped(value)) return fromFlat(value as TypedArray, [(value as TypedArray).length], dtypeOf(value));
  if (isArrayData(value)) return fromFlat(value.data, value.shape, value.dtype ?? dtypeOf(value.data));
  return inside(value, toTensors);
}

function inside(value: unknown, f: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(f);
  if (typeof value !== "object" || value === null || isTyped(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, f(entry)]));
}

const isTyped = (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isArrayData = (value: unknown): value is ArrayData =>
  typeof value === "object" && value !== null && "data" in value && "shape" in value && isTyped(value.data);

/** By name: the array may come from a notebook's cell, which has classes of its own. */
function dtypeOf(array: unknown): DType {
  const kind = (array as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  return kind === "Float64Array" ? "float64" : kind === "Float32Array" ? "float32" : "int32";
}
