import { compileLoop } from "../tensor/loop.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { AutogradError, describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { poll } from "../tensor/poll.ts";
import { sameShape, show, sizeOf, type Shape } from "../tensor/shape.ts";
import { filled } from "../tensor/create.ts";
import { SparseTensor, sumOfSparse } from "../tensor/sparse.ts";
import type { DType } from "../tensor/dtype.ts";
import { onRecover } from "../tensor/recovery.ts";
import { watchStorages, type Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { anomaly, checkedRule } from "./anomaly.ts";
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
  checkOptions("backward", options, { retainGraph: is.flag, createGraph: is.flag });
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
  checkOptions("grad", options, {
    retainGraph: is.flag,
    createGraph: is.flag,
    gradOutputs: is.any,
    allowUnused: is.flag,
  });
  const { createGraph = false, retainGraph = createGraph, gradOutputs, allowUnused = false } = options;
  const outputs = list("grad", "the output", output);
  const given = gradOutputs === undefined ? [] : list("grad", "gradOutputs", gradOutputs);
  if (given.length > 0 && given.length !== outputs.length) {
    throw new ShapeError(`grad: ${outputs.length} outputs need as many gradOutputs, got ${given.length}.`);
  }
  const seeds = outputs.map((y, i) => seed("grad", y, given[i]));
  const wanted = list("grad", "the input", inputs).map((x, i) => {
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

/** A tensor, or an array of them, as an array. */
export function list(who: string, argument: string, x: unknown): readonly Tensor[] {
  const tensors: readonly unknown[] = Array.isArray(x) ? x : [x];
  if (tensors.length > 0 && tensors.every((entry) => entry instanceof Tensor)) return tensors;
  throw new OptionError(`${who}: ${argument} must be a tensor or an array of tensors, got ${describe(x)}.`);
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

/** Counts walks, so that a node knows whether this one has met it. */
let walks = 0;
let depth = 0;
onRecover(() => {
  depth = 0;
  watchStorages(undefined);
});

/**
 * Walks the graph from the outputs back, newest operation first, so that every gradient is complete before it is used.
 * The only place where broadcasting is undone and dtypes are restored.
 *
 * What the rules compute is nobody's but ours (unless it is recorded): memory goes back as soon as no gradient on its
 * way looks at it. `Storage.holders` counts those that do; it is −1 for every storage that was there before.
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
    const found = new Map<Node, Tensor>();
    const roots = outputs.map((y) => edge(y)!);
    const nodes = order(roots, wanted, ++walks);
    // A gradient goes no further than to these: on any other node it would wait for a later walk, and be counted there.
    const visited = wanted === undefined ? undefined : new Set(nodes);
    // A rule may call grad() itself; what the outer walk left on a node is put back afterwards.
    const before = depth > 0 ? nodes.map((node) => node.pending) : undefined;
    if (before !== undefined) for (const node of nodes) node.pending = undefined;
    const made: Storage[] = [];
    const watched = watchStorages(createGraph ? undefined : made);
    depth++;
    try {
      for (let i = 0; i < roots.length; i++) send(roots[i]!, seeds[i]!);
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i]!;
        const g = node.pending;
        if (g === undefined) continue;
        node.pending = undefined;
        poll();
        if (wanted !== undefined && wanted.has(node)) {
          g.storage.holders = -1;
          found.set(node, g);
        }
        if (node instanceof Leaf) {
          if (wanted === undefined) addToGrad(node.tensor, g, createGraph);
          continue;
        }
        if (createGraph || !addInPlace(node, g, visited)) applyRule(node, g, visited);
        letGo(g.storage);
        if (!retainGraph) node.release();
        for (let k = 0; k < made.length; k++) if (made[k]!.holders === 0) made[k]!.free();
        made.length = 0;
      }
    } finally {
      depth--;
      watchStorages(watched);
      if (before !== undefined) nodes.forEach((node, i) => (node.pending = before[i]));
      else for (const node of nodes) node.pending = undefined;
    }
    return found;
  });
}

/** Computes the gradients of a node's inputs and sends them on. */
function applyRule(node: Node, g: Tensor, visited: ReadonlySet<Node> | undefined): void {
  const gradients = anomaly.enabled ? checkedRule(node.opName, () => node.apply(g), node) : node.apply(g);
  const { next, shapes, dtypes } = node;
  for (let k = 0; k < next.length; k++) {
    const to = next[k];
    const gradient = gradients[k];
    if (to === undefined || gradient === undefined) continue;
    if (visited === undefined || visited.has(to)) send(to, undo(gradient, shapes[k]!, dtypes[k]!));
  }
}

/** Adds the gradient of an input to the one that is there already, for an op that knows how. */
function addInPlace(node: Node, g: Tensor, visited: ReadonlySet<Node> | undefined): boolean {
  const to = node.next[0];
  if (node.addGradient === undefined || to === undefined || g.dtype !== node.dtypes[0]) return false;
  if (visited !== undefined && !visited.has(to)) return true;
  if (to.pending === undefined) {
    to.pending = filled(node.shapes[0]!, 0, g.dtype);
    hold(to.pending.storage);
  } else if (to.pending.storage.holders !== 1 || !to.pending.isPacked || to.pending.dtype !== g.dtype) return false;
  node.addGradient(to.pending, g, node.attributes);
  return true;
}

/** Adds a gradient to what a node has already. */
function send(node: Node, g: Tensor): void {
  const before = node.pending;
  if (before === undefined) {
    hold(g.storage);
    node.pending = g;
    return;
  }
  // The first of two is ours alone: the second is added to it where it is.
  if (before.storage.holders === 1 && before.isPacked && !(g instanceof SparseTensor) && before.dtype === g.dtype) {
    increase(before.shape, [before, g], none);
    return;
  }
  const total = sum(before, g);
  hold(total.storage);
  letGo(before.storage);
  node.pending = total;
}
const none: readonly number[] = [];

function hold(storage: Storage): void {
  if (storage.holders >= 0) storage.holders++;
}
function letGo(storage: Storage): void {
  if (storage.holders > 0 && --storage.holders === 0) storage.free();
}

/** A gradient in the shape and dtype of its input. */
function undo(gradient: Tensor, shape: Shape, dtype: DType): Tensor {
  const undone = sumTo(gradient, shape);
  return undone.dtype === dtype ? undone : to([undone], dtype);
}

/** The nodes to visit, in order. With `wanted`, only those on a way to one of them. */
function order(roots: readonly Node[], wanted: ReadonlySet<Node> | undefined, walk: number): Node[] {
  const nodes: Node[] = [];
  const meet = (node: Node): void => {
    if (node.walk === walk) return;
    node.walk = walk;
    nodes.push(node);
  };
  roots.forEach(meet);
  let sorted = true;
  for (let i = 0; i < nodes.length; i++) {
    const { next } = nodes[i]!;
    for (let k = 0; k < next.length; k++) if (next[k] !== undefined) meet(next[k]!);
    if (i > 0 && nodes[i]!.id > nodes[i - 1]!.id) sorted = false;
  }
  if (!sorted) nodes.sort((a, b) => b.id - a.id);
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
  const before = leaf.gradient;
  if (g instanceof SparseTensor || before instanceof SparseTensor) {
    leaf.grad = before === undefined ? g : sumOfSparse(before, g);
  } else if (createGraph) {
    leaf.grad = before === undefined ? g : accumulate([before, g]);
  } else if (before !== undefined) {
    increase(leaf.shape, [before, g], none);
    before.storage.version++;
    letGo(g.storage);
  } else if (g.storage.holders === 1 && g.isPacked && g.storage.length === sizeOf(g.shape)) {
    // Nobody else looks at this memory: it becomes the leaf's.
    g.storage.holders = -1;
    leaf.gradient = g;
    leaf.gradientIsOurs = true;
  } else {
    // A copy: the gradient may be another tensor's memory, also another leaf's gradient.
    leaf.gradient = copy([g], undefined);
    leaf.gradient.storage.holders = -1;
    leaf.gradientIsOurs = true;
    letGo(g.storage);
  }
}
