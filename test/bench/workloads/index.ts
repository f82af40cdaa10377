/** The benchmark's work, as a user of Gradbook would write it. The peers do the same, under the same names. */
import { adam } from "./adam.ts";
import { charLstm } from "./charLstm.ts";
import { gpt } from "./gpt.ts";
import { cifar, lenet, mlp } from "./images.ts";
import { product } from "./matmul.ts";
import { chain, smallAdd } from "./small.ts";
import { tiny } from "./tiny.ts";
import type { Workload } from "./workload.ts";

export type { Workload };
export const workloads: { readonly [name: string]: () => Workload } = {
  matmul64: () => product(64),
  matmul256: () => product(256),
  matmul512: () => product(512),
  matmul1024: () => product(1024),
  tiny,
  mlp,
  lenet,
  cifar,
  charLstm,
  gpt,
  adam,
  add: smallAdd,
  chain,
};
