import { matmul, rand } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

/** a[n, n] · b[n, n]: 2n³ flop. */
export function product(n: number): Workload {
  const a = rand(n, n);
  const b = rand(n, n);
  return { run: () => void matmul(a, b), batch: n <= 64 ? 20 : 1 };
}
