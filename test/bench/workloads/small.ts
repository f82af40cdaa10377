import { add, tensor, type Tensor } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

/** One op on two elements: what an op costs that computes nothing. */
export function smallAdd(): Workload {
  const a = tensor([1, 2]);
  const b = tensor([3, 4]);
  return { run: () => void add(a, b), batch: 100 };
}

/** Twenty products of two elements, forward and backward. */
export function chain(): Workload {
  const a = tensor([1, 2], { requiresGrad: true });
  const b = tensor([3, 4]);
  return {
    run() {
      let y: Tensor = a;
      for (let i = 0; i < 20; i++) y = y.mul(b);
      y.sum().backward();
      a.grad = undefined;
    },
    batch: 5,
  };
}
