import assert from "node:assert/strict";
import type { Tensor } from "../../kernel/gradbook.ts";

/** A tensor as the golden files hold it: row-major. */
export interface Golden {
  shape: number[];
  dtype: string;
  data: (number | boolean)[];
}

/** Equal shape, and every element within `tolerance` × max(1, largest expected value). NaN equals NaN. */
export function close(
  actual: Tensor,
  expected: Golden | { shape: readonly number[]; data: ArrayLike<number | boolean> },
  tolerance = 1e-12,
  what = "",
): void {
  assert.deepEqual([...actual.shape], [...expected.shape], `${what} shape`);
  const got = actual.toTypedArray();
  const want = Array.from(expected.data, Number);
  const bound = tolerance * want.reduce((a, b) => Math.max(a, Number.isFinite(b) ? Math.abs(b) : 0), 1);
  want.forEach((value, i) => {
    const near =
      Object.is(got[i], value) || Math.abs(got[i]! - value) <= bound || (got[i]! !== got[i]! && value !== value);
    assert.ok(near, `${what} element ${i}: got ${got[i]}, expected ${value} (± ${bound})`);
  });
}
