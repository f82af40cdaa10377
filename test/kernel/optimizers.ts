/** Every optimizer once, for the tests that hold for all of them. */
import { optim, SparseTensor, tensor, type Tensor } from "../../kernel/gradbook.ts";

export type Make = new (params: Iterable<Tensor>, options?: object) => optim.Optimizer;

interface Entry {
  make: Make;
  /** Options that use all of its parts. */
  options: object;
  /** Names in the state of a parameter, PyTorch's. */
  state: string[];
  /** A rate that finds the bottom of a parabola in 1500 steps. Default 0.05. */
  lr?: number;
  /** Every element has one effective learning rate: always, or in the first steps. */
  oneRate?: "always" | "at first";
  /** Takes only sparse gradients. */
  sparse?: true;
  /** Has no weight decay. */
  noDecay?: true;
}

/** By the name of its file. */
export const optimizers: { [file: string]: Entry } = {
  adadelta: {
    make: optim.Adadelta as Make,
    options: { weightDecay: 0.1 },
    state: ["step", "square_avg", "acc_delta"],
    lr: 20,
  },
  adagrad: { make: optim.Adagrad as Make, options: { lrDecay: 0.1 }, state: ["step", "sum"], lr: 1 },
  adam: { make: optim.Adam as Make, options: { weightDecay: 0.1 }, state: ["step", "exp_avg", "exp_avg_sq"] },
  adamax: { make: optim.Adamax as Make, options: {}, state: ["step", "exp_avg", "exp_inf"] },
  adamw: { make: optim.AdamW as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq"] },
  amsgrad: { make: optim.AMSGrad as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"] },
  lion: {
    make: optim.Lion as Make,
    options: { weightDecay: 0.1 },
    state: ["exp_avg"],
    lr: 0.01,
    oneRate: "always",
  },
  muon: { make: optim.Muon as Make, options: {}, state: ["momentum_buffer"], lr: 0.01, oneRate: "always" },
  nadam: { make: optim.NAdam as Make, options: {}, state: ["step", "mu_product", "exp_avg", "exp_avg_sq"] },
  radam: { make: optim.RAdam as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq"], oneRate: "at first" },
  rmsprop: {
    make: optim.RMSprop as Make,
    options: { momentum: 0.5, centered: true },
    state: ["step", "square_avg", "momentum_buffer", "grad_avg"],
  },
  sgd: { make: optim.SGD as Make, options: { momentum: 0.9 }, state: ["momentum_buffer"], oneRate: "always" },
  sparseAdam: {
    make: optim.SparseAdam as Make,
    options: {},
    state: ["step", "exp_avg", "exp_avg_sq"],
    sparse: true,
    noDecay: true,
  },
};

/** Column vectors, so that those that take matrices, or rows, can be in the same tests. */
export const column = (data: readonly number[], dtype: "float32" | "float64" = "float64"): Tensor =>
  tensor(
    data.map((x) => [x]),
    { dtype, requiresGrad: true },
  );

/** A gradient as the optimizer takes it: for sparse ones only the rows that are not 0. */
export function gradientFor(
  { sparse }: Entry,
  data: readonly number[],
  dtype: "float32" | "float64" = "float64",
): Tensor {
  const dense = tensor(
    data.map((x) => [x]),
    { dtype },
  );
  if (!sparse) return dense;
  const rows = [...data.keys()].filter((i) => data[i] !== 0);
  const values = tensor(
    rows.map((i) => [data[i]!]),
    { dtype },
  );
  return SparseTensor.of(tensor(rows, { dtype: "int32" }), values.reshape(rows.length, 1), dense.shape);
}
