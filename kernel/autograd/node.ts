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

/** One recorded operation: a point of the graph that `backward()` walks. */
export class Node implements History {
  readonly opName: string;
  /** Later operations have larger numbers, so descending order is a topological one. */
  readonly id: number;
  readonly rule: Rule;
  readonly attributes: unknown;
  /** The operations that made the inputs; undefined where no gradient is wanted. */
  readonly next: readonly (Node | undefined)[];
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  private kept: readonly Kept[] | undefined;

  constructor(
    opName: string,
    rule: Rule,
    inputs: readonly Tensor[],
    attributes: unknown,
    kept: readonly Tensor[],
    id = ++sequence,
  ) {
    this.id = id;
    this.opName = opName;
    this.rule = rule;
    this.attributes = attributes;
    this.next = inputs.map(edge);
    this.shapes = inputs.map((x) => x.shape);
    this.dtypes = inputs.map((x) => x.dtype);
    this.kept = kept.map((tensor) => ({ tensor, version: tensor.storage.version }));
  }

  get isLeaf(): boolean {
    return false;
  }

  /** Applies the rule to the gradient `g` of the result. */
  apply(g: Tensor): readonly (Tensor | undefined)[] {
    if (this.kept === undefined) {
      throw new AutogradError(
        `backward: the graph of ${this.opName} was already used and freed. Compute the loss again, or call the first backward with { retainGraph: true }.`,
      );
    }
    const saved = this.kept.map(({ tensor, version }) => {
      if (tensor.storage.version !== version) {
        throw new AutogradError(
          `backward: a ${tensor.dtype} [${tensor.shape.join(", ")}] tensor that ${this.opName} needs for its gradient was changed in place ` +
            `since (${tensor.storage.version - version} times). Use the operation without the trailing underscore, or clone() the tensor first.`,
        );
      }
      return tensor;
    });
    return this.rule(g, {
      saved,
      attributes: this.attributes,
      shapes: this.shapes,
      needs: this.next.map((n) => n !== undefined),
    });
  }

  /** Lets go of the values kept for the gradient. An op that kept none can be differentiated again. */
  release(): void {
    if (this.kept !== undefined && this.kept.length > 0) this.kept = undefined;
  }
}
interface Kept {
  readonly tensor: Tensor;
  readonly version: number;
}

/** The end of a path: a tensor that gradients are accumulated into. */
export class Leaf extends Node {
  readonly tensor: Tensor;

  constructor(tensor: Tensor) {
    // It comes after everything that uses it, whenever it was made.
    super("leaf", () => [], [], undefined, [], 0);
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
