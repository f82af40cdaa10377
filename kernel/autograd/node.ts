import type { DType } from "../tensor/dtype.ts";
import { AutogradError } from "../tensor/errors.ts";
import type { Shape } from "../tensor/shape.ts";
import type { History, Tensor } from "../tensor/tensor.ts";

/**
 * A gradient rule: from the gradient of the result to the gradients of the inputs, in order; `undefined` where an input
 * has none. Written in ops, so that it can be differentiated itself. It need not undo broadcasting or restore dtypes.
 */
export type Rule<Attributes = unknown> = (g: Tensor, call: Call<Attributes>) => readonly (Tensor | undefined)[];

/** What a rule knows about the call it differentiates. */
export interface Call<Attributes = unknown> {
  /** The tensors that the op asked to keep. */
  readonly saved: readonly Tensor[];
  readonly attributes: Attributes;
  /** Shapes of the inputs. */
  readonly shapes: readonly Shape[];
  /** Which inputs want a gradient; the others may be left out. */
  readonly needs: readonly boolean[];
}

let sequence = 0;
const nothing: readonly Tensor[] = [];

/** One recorded operation: a point of the graph that `backward()` walks. To its rule it is the call. */
export class Node<Attributes = unknown> implements History, Call<Attributes> {
  readonly opName: string;
  /** Later operations have larger numbers, so descending order is a topological one. */
  readonly id: number;
  readonly attributes: Attributes;
  /** The operations that made the inputs; undefined where no gradient is wanted. */
  readonly next: (Node | undefined)[] = [];
  readonly shapes: Shape[] = [];
  readonly dtypes: DType[] = [];
  readonly needs: boolean[] = [];
  /** For the walk in backward.ts: the gradient of the result as far as it is known, and the walk that met this node. */
  pending: Tensor | undefined = undefined;
  walk = 0;
  /** See `Definition` in op.ts. */
  addGradient: ((target: Tensor, g: Tensor, attributes: Attributes) => void) | undefined = undefined;
  private readonly rule: Rule<Attributes>;
  private kept: readonly Tensor[] | undefined;
  private versions: readonly number[] | undefined = undefined;

  constructor(
    opName: string,
    rule: Rule<Attributes>,
    inputs: readonly Tensor[],
    attributes: Attributes,
    kept: readonly Tensor[] = nothing,
    id = ++sequence,
  ) {
    this.id = id;
    this.opName = opName;
    this.rule = rule;
    this.attributes = attributes;
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i]!;
      const from = edge(x);
      this.next.push(from);
      this.shapes.push(x.shape);
      this.dtypes.push(x.dtype);
      this.needs.push(from !== undefined);
    }
    this.kept = kept;
    // Most graphs never see a change in place: versions are written down only where there was one before.
    for (let i = 0; i < kept.length; i++) {
      if (kept[i]!.storage.version !== 0) {
        this.versions = kept.map((x) => x.storage.version);
        break;
      }
    }
  }

  get isLeaf(): boolean {
    return false;
  }

  /** The values kept for the rule, checked: none was changed in place since. */
  get saved(): readonly Tensor[] {
    const { kept, versions } = this;
    if (kept === undefined) {
      throw new AutogradError(
        `backward: the graph of ${this.opName} was already used and freed. Compute the loss again, or call the first backward with { retainGraph: true }.`,
      );
    }
    for (let i = 0; i < kept.length; i++) {
      const changes = kept[i]!.storage.version - (versions === undefined ? 0 : versions[i]!);
      if (changes !== 0) {
        throw new AutogradError(
          `backward: a ${kept[i]!.dtype} [${kept[i]!.shape.join(", ")}] tensor that ${this.opName} needs for its gradient was changed in place ` +
            `since (${changes} times). Use the operation without the trailing underscore, or clone() the tensor first.`,
        );
      }
    }
    return kept;
  }

  /** Applies the rule to the gradient `g` of the result. */
  apply(g: Tensor): readonly (Tensor | undefined)[] {
    // Also where the rule needs nothing that was kept: used twice is used twice.
    void this.saved;
    return this.rule(g, this);
  }

  /** Lets go of the values kept for the gradient. An op that kept none can be differentiated again. */
  release(): void {
    if (this.kept !== undefined && this.kept.length > 0) this.kept = undefined;
  }
}

/** The end of a path: a tensor that gradients are accumulated into. */
export class Leaf extends Node {
  readonly tensor: Tensor;

  constructor(tensor: Tensor) {
    // It comes after everything that uses it, whenever it was made.
    super("leaf", () => [], [], undefined, nothing, 0);
    this.tensor = tensor;
  }

  override get isLeaf(): boolean {
    return true;
  }
}

/** The node that made `x`, or undefined when no gradient is wanted for it. */
export function edge(x: Tensor): Node | undefined {
  if (!x.requiresGrad) return undefined;
  if (x.history === undefined) {
    x.history = new Leaf(x);
    x.historyRewrites = x.storage.rewrites;
  } else if (!x.history.isLeaf && x.historyRewrites !== x.storage.rewrites) {
    throw new AutogradError(
      `${x.history.opName}: this tensor shares its memory with one that was changed in place after it was made, so its own ` +
        `record is out of date. Make it again after the change, or change a clone().`,
    );
  }
  return x.history as Node;
}
