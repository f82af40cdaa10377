/** In which order modules are evaluated: what a module imports comes before it. */

export interface Node<T> {
  readonly dependencies: readonly T[];
  /** Set here. Modules that import each other share one. */
  unit: Unit<T> | undefined;
}

/** Modules that import each other in a circle, in the order of their evaluation; mostly just one. */
export interface Unit<T> {
  readonly nodes: T[];
  state: "new" | "evaluating" | "evaluated" | "failed";
  /** While it is evaluating. */
  ended?: Promise<void>;
  error?: unknown;
}

/** Gives a unit to every node below `root` that has none (Tarjan's strongly connected components). */
export function assignUnits<T extends Node<T>>(root: T): void {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const stack: T[] = [];
  const visit = (node: T): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of node.dependencies) {
      if (next.unit) continue;
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node)!, low.get(next)!));
      } else low.set(node, Math.min(low.get(node)!, index.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const nodes = stack.splice(stack.indexOf(node));
    const unit: Unit<T> = { nodes: postOrder(node, new Set(nodes)), state: "new" };
    for (const one of nodes) one.unit = unit;
  };
  if (!root.unit) visit(root);
}

function postOrder<T extends Node<T>>(root: T, within: ReadonlySet<T>): T[] {
  const seen = new Set<T>();
  const order: T[] = [];
  const visit = (node: T): void => {
    if (seen.has(node) || !within.has(node)) return;
    seen.add(node);
    for (const next of node.dependencies) visit(next);
    order.push(node);
  };
  visit(root);
  return order;
}

/** The units below `root` that are not evaluated yet, dependencies first. */
export function pendingUnits<T extends Node<T>>(root: T): Unit<T>[] {
  const seen = new Set<Unit<T>>();
  const order: Unit<T>[] = [];
  const visit = (unit: Unit<T>): void => {
    if (seen.has(unit) || unit.state === "evaluated") return;
    seen.add(unit);
    for (const node of unit.nodes) for (const next of node.dependencies) visit(next.unit!);
    order.push(unit);
  };
  visit(root.unit!);
  return order;
}
