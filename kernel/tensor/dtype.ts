import { describe, DTypeError } from "./errors.ts";

/** Element types. There is no int64: see `load` for what becomes of it. */
export type DType = "float32" | "float64" | "int32" | "bool";
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** From narrow to wide: the type of a mixed expression is the rightmost one. */
export const dtypes = ["bool", "int32", "float32", "float64"] as const satisfies readonly DType[];

export const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

export function isFloating(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

export function checkDType(who: string, dtype: unknown): DType {
  if (dtypes.includes(dtype as DType)) return dtype as DType;
  const hint = dtype === "int64" || dtype === "long" ? ' Use "int32" for whole numbers and class indices.' : "";
  throw new DTypeError(`${who}: dtype must be "float32", "float64", "int32" or "bool", got ${describe(dtype)}.${hint}`);
}

/** What decides the type of a result: a number, or something with a dtype and a number of dims. */
type Typed = number | boolean | { readonly dtype: DType; readonly shape: readonly number[] };

/** Category of a type: bool < int < float. */
const category = { bool: 0, int32: 1, float32: 2, float64: 2 } as const;

/**
 * The dtype of a mixed expression, by PyTorch's rule: tensors with dims decide; 0-d tensors and plain numbers count
 * only when they are of a higher category. So `float32[3] * float64[]` is float32, `int32[3] * 0.5` float32 and
 * `int32[3] * 2` int32.
 */
export function resultType(...operands: readonly Typed[]): DType {
  const best: [DType | undefined, DType | undefined, DType | undefined] = [undefined, undefined, undefined];
  for (const operand of operands) {
    const rank = typeof operand === "object" ? (operand.shape.length > 0 ? 0 : 1) : 2;
    const dtype: DType =
      typeof operand === "object"
        ? operand.dtype
        : typeof operand === "boolean"
          ? "bool"
          : Number.isInteger(operand)
            ? "int32"
            : "float32";
    best[rank] = best[rank] === undefined ? dtype : wider(best[rank], dtype);
  }
  let result = best[0];
  for (const next of [best[1], best[2]]) {
    if (next !== undefined && (result === undefined || category[next] > category[result])) result = next;
  }
  return result ?? "float32";
}

/** A whole number that is to be stored in int32: an error where it does not fit, not another number. */
export function whole(who: string, value: number): number {
  if (value === (value | 0)) return value;
  throw new DTypeError(
    `${who}: the result ${value} does not fit into int32, which ends at ±2147483647. Use x.to("float64") first.`,
  );
}

/** Whether results of one dtype may be stored in a tensor of another: a fraction does not fit into int32, nor 2 into bool. */
export function holds(tensor: DType, result: DType): boolean {
  return category[result] <= category[tensor];
}

function wider(a: DType, b: DType): DType {
  return dtypes.indexOf(a) >= dtypes.indexOf(b) ? a : b;
}
