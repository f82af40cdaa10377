import { nn, optim, rand, zeros } from "../../../kernel/gradbook.ts";
import type { Workload } from "./workload.ts";

/** A step of Adam on one parameter of ten million elements. */
export function adam(): Workload {
  const parameter = new nn.Parameter(zeros(10_000_000));
  parameter.grad = rand(10_000_000).sub(0.5);
  const optimizer = new optim.Adam([parameter], { lr: 1e-3 });
  return { run: () => void optimizer.step() };
}
