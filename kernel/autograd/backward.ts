import { compileLoop } from "../tensor/loop.ts";
import { checkOptions } from "../tensor/options.ts";
import { AutogradError, describe, ShapeError } from "../tensor/errors.ts";
import { poll } from "../tensor/poll.ts";
import { sameShape, show, sizeOf } from "../tensor/shape.ts";
import { filled } from "../tensor/create.ts";
import { SparseTensor, sumOfSparse } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { accumulate, copy, sumTo, to } from "./broadcast.ts";
import { gradMode, within } from "./mode.ts";
import { edge, Leaf, type Node } from "./node.ts";

export interface BackwardOptions {
  /** Keep the graph, so that it can be differentiated again. Default: as `createGraph`. */
  retainGraph?: boolean;
  /** Record the computation of the gradient, so that it can be differentiated itself. Default false. */
  createGraph?: boolean;
}
export interface GradOptions extends BackwardOptions {
  /** What to contract the outputs with; default 1 for outputs of one element. */
  gradOutputs?: Tensor | readonly Tensor[];
  /** Give `undefined` for an input that the outputs do not depend on, instead of an error. Default false. */
  allowUnused?: boolean;
}

/**
 * Adds the gradient of `output` to `.grad` of every leaf that requires one.
 *
 * @param gradient what to contract the output with; may be left out when it has one element.
 */
export function backward(output: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  checkOptions("backward", options, ["retainGraph", "createGraph"]);
  const { createGraph = false, retainGraph = createGraph } = options;
  walk("backward", [output], [seed("backward", output, gradient)], { createGraph, retainGraph }, undefined);
}

/**
 * The gradient of `output` (or of the sum of several) by each input, in order; nothing is added to `.grad`.
 *
 * With `{ createGraph: true }` the results can be differentiated again.
 *
 * @example const [dx] = grad(x.pow(3).sum(), [x], { createGraph: true });   // 3 x²
 */
export function grad(
  output: Tensor | readonly Tensor[],
  inputs: Tensor,
  options?: GradOptions & { allowUnused?: false },
): [Tensor];
export function grad(
  output: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions & { allowUnused?: false },
): Tensor[];
export function grad(
  output: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | undefined)[];
export function grad(
  output: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | undefined)[] {
  checkOptions("grad", options, ["retainGraph", "createGraph", "gradOutputs", "allowUnused"]);
  const { createGraph = false, retainGraph = createGraph, gradOutputs, allowUnused = false } = options;
  const outputs = list(output);
  const given = gradOutputs === undefined ? [] : list(gradOutputs);
  if (given.length > 0 && given.length !== outputs.length) {
    throw new ShapeError(`grad: ${outputs.length} outputs need as many gradOutputs, got ${given.length}.`);
  }
  const seeds = outputs.map((y, i) => seed("grad", y, given[i]));
  const wanted = list(inputs).map((x, i) => {
    const node = edge(x);
    if (node === undefined)
      throw new AutogradError(`grad: input ${i} does not require a gradient; make it with { requiresGrad: true }.`);
    return node;
  });
  const found = walk("grad", outputs, seeds, { createGraph, retainGraph }, new Set(wanted));
  return wanted.map((node, i) => {
    const result = found.get(node);
    if (result === undefined && !allowUnused) {
      throw new AutogradError(
        `grad: the output does not depend on input ${i}. Leave it out, or pass { allowUnused: true } to get undefined for it.`,
      );
    }
    return result;
  });
}

function list(x: Tensor | readonly Tensor[]): readonly Tensor[] {
  return x instanceof Tensor ? [x] : x;
}

/** The gradient to start with. */
function seed(who: string, output: Tensor, gradient: Tensor | undefined): Tensor {
  if (!output.requiresGrad) {
    const hint = gradMode.enabled ? "" : " Recording is off here: this runs inside noGrad.";
    throw new AutogradError(
      `${who}: the ${show(output.shape)} output does not depend on anything that requires a gradient. ` +
        `Make a tensor with { requiresGrad: true }, or use a module's parameters.${hint}`,
    );
  }
  if (gradient === undefined) {
    if (sizeOf(output.shape) !== 1) {
      throw new ShapeError(
        `${who}: the output has shape ${show(output.shape)}; without a gradient to contract it with, it must be a single number. ` +
          `Reduce it with sum() or mean(), or pass a gradient of that shape.`,
      );
    }
    return filled(output.shape, 1, output.dtype);
  }
  if (!(gradient instanceof Tensor) || !sameShape(gradient.shape, output.shape)) {
    throw new ShapeError(
      `${who}: the gradient must be a tensor of the output's shape ${show(output.shape)}, got ${describe(gradient)}.`,
    );
  }
  return gradient.dtype === output.dtype ? gradient : to([gradient], output.dtype);
}

/**
 * Walks the graph from the outputs back, newest operation first, so that every gradient is complete before it is used.
 * The only place where broadcasting is undone and dtypes are restored.
 *
 * @param wanted nodes whose gradients are returned; undefined: leaves' gradients are added to `.grad`.
 */
function walk(
  who: string,
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  { createGraph, retainGraph }: Required<BackwardOptions>,
  wanted: ReadonlySet<Node> | undefined,
): Map<Node, Tensor> {
  return within(createGraph, who, () => {
    const pending = new Map<Node, Tensor>();
    const found = new Map<Node, Tensor>();
    const send = (node: Node, g: Tensor): void => {
      const before = pending.get(node);
      pending.set(node, before === undefined ? g : sum(before, g));
    };
    const roots = outputs.map((y) => edge(y)!);
    roots.forEach((root, i) => send(root, seeds[i]!));
    for (const node of order(roots, wanted)) {
      const g = pending.get(node);
      if (g === undefined) continue;
      pending.delete(node);
      poll();
      if (wanted?.has(node)) found.set(node, g);
      if (node instanceof Leaf) {
        if (wanted === undefined) addToGrad(node.tensor, g, createGraph);
        continue;
      }
      const gradients = node.apply(g);
      node.next.forEach((next, i) => {
        const gradient = gradients[i];
        if (next === undefined || gradient === undefined) return;
        const undone = sumTo(gradient, node.shapes[i]!);
        send(next, undone.dtype === node.dtypes[i] ? undone : to([undone], node.dtypes[i]!));
      });
      if (!retainGraph) node.release();
    }
    return found;
  });
}

/** The nodes to visit, in order. With `wanted`, only those on a way to one of them. */
function order(roots: readonly Node[], wanted: ReadonlySet<Node> | undefined): Node[] {
  const seen = new Set<Node>(roots);
  const nodes = [...seen];
  for (let i = 0; i < nodes.length; i++) {
    for (const next of nodes[i]!.next) {
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      nodes.push(next);
    }
  }
  nodes.sort((a, b) => b.id - a.id);
  if (wanted === undefined) return nodes;
  const useful = new Set<Node>(wanted);
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (nodes[i]!.next.some((next) => next !== undefined && useful.has(next))) useful.add(nodes[i]!);
  }
  return nodes.filter((node) => useful.has(node));
}

const increase = compileLoop("y = y + x", { operands: ["y", "x"], writes: ["y"] });

/** The sum of two gradients that meet. */
function sum(a: Tensor, b: Tensor): Tensor {
  return a instanceof SparseTensor || b instanceof SparseTensor ? sumOfSparse(a, b) : accumulate([a, b]);
}

function addToGrad(leaf: Tensor, g: Tensor, createGraph: boolean): void {
  if (g instanceof SparseTensor || leaf.grad instanceof SparseTensor) {
    leaf.grad = leaf.grad === undefined ? g : sumOfSparse(leaf.grad, g);
  } else if (leaf.grad === undefined) {
    // Always a copy: the gradient may be another tensor's memory, also another leaf's gradient.
    leaf.grad = createGraph ? g : copy([g], undefined);
  } else if (createGraph) {
    leaf.grad = accumulate([leaf.grad, g]);
  } else {
    increase(leaf.shape, [leaf.grad, g], []);
    leaf.grad.storage.version++;
  }
}
