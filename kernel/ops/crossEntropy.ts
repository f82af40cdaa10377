import { defineOp, type Op } from "../autograd/op.ts";
import { addressOf, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { softmaxKernels } from "../wasm/softmax.ts";
import { mul, sub } from "./arithmetic.ts";
import { ne } from "./compare.ts";
import { oneHot } from "./oneHot.ts";
import { softmax } from "./softmax.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
import { to } from "./to.ts";
import { where } from "./where.ts";

interface Classes {
  /** Class numbers [rows], int32, each within the classes or `ignore`. */
  readonly target: Tensor;
  readonly ignore: number;
  /** Largest logit and 1 / Σ e^(x − largest) of each row: what the forward pass leaves for the gradient. */
  state: Tensor | undefined;
}

/**
 * −ln softmax(x)[target] for each row of x[rows, classes], float32 → [rows]; 0 where the target is `ignore`. One pass over
 * the logits each way, and nothing of their size is kept but they themselves.
 */
export const rowCrossEntropy: Op<Classes> = defineOp({
  name: "crossEntropy",
  forward([x], classes) {
    const [rows, count] = x!.shape as [number, number];
    const loss = empty([rows], "float32");
    const state = (classes.state = empty([rows, 2], "float32"));
    const logits = packed(x!);
    const target = packed(classes.target);
    softmaxKernels().crossEntropy(
      rows,
      count,
      addressOf(logits),
      addressOf(target),
      classes.ignore,
      addressOf(loss),
      addressOf(state),
    );
    return loss;
  },
  keep(_loss, [x], classes) {
    const { state } = classes;
    // What is kept goes when the graph is freed; the attributes stay as long as the loss does.
    classes.state = undefined;
    return [x!, classes.target, state!];
  },
  gradient: (g, { saved: [x, target, state], attributes: { ignore } }) => [
    rowCrossEntropyBackward([x!, g], { target: target!, ignore, state }),
  ],
});

/** (softmax(x) − onehot(target)) · g, 0 where the target is `ignore`. */
const rowCrossEntropyBackward: Op<Classes> = defineOp({
  name: "crossEntropyBackward",
  forward([x, g], { target, ignore, state }) {
    const [rows, count] = x!.shape as [number, number];
    const dx = empty(x!.shape, "float32");
    const logits = packed(x!);
    const classes = packed(target);
    // A gradient that is the same for all rows, as a sum or mean gives it, is one number stretched.
    const step = g!.strides[0]! * 4;
    if ((classes.storage.array() as Int32Array).includes(ignore)) dx.storage.array().fill(0);
    softmaxKernels().crossEntropyBackward(
      rows,
      count,
      addressOf(logits),
      addressOf(classes),
      ignore,
      addressOf(state!),
      addressOf(g!),
      step,
      1,
      addressOf(dx),
    );
    return dx;
  },
  keep(_dx, [x, g], classes) {
    classes.state = undefined;
    return [x!, g!, classes.target];
  },
  gradient(h, { saved: [x, g, target], attributes: { ignore }, needs }) {
    const [rows, count] = x!.shape as [number, number];
    const p = softmax(x!, 1);
    const counted = reshape(ne(target!, ignore), [rows, 1]);
    const weight = where(counted, h, 0);
    const spread = (v: Tensor): Tensor => mul(p, sub(v, sum(mul(v, p), 1, { keepdim: true })));
    const hot = (): Tensor => to(oneHot(where(ne(target!, ignore), target!, 0), count), "float32");
    return [
      needs[0] ? spread(mul(weight, reshape(g!, [rows, 1]))) : undefined,
      needs[1] ? sum(mul(weight, sub(p, hot())), 1) : undefined,
    ];
  },
});
