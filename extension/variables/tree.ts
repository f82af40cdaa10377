/** The tree: memory, the session's variables, then its functions and imports; inside of each what the kernel says. */
import * as vscode from "vscode";
import type { SessionVariable } from "../../kernel/protocol/variables.ts";
import { bytes } from "../bytes.ts";
import { treeItem, variableElement, type Element, type VariableElement } from "./element.ts";
import type { VariablesSource } from "./source.ts";
import { histogramText, statisticsText, tooltip } from "./tooltip.ts";

export type Order = "name" | "time";

/** A kernel that computes answers later than this, in ms: what was seen before is shown until then. */
const PATIENCE_MS = 1500;

export class VariablesTree implements vscode.TreeDataProvider<Element> {
  readonly #source: VariablesSource;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** What was inside, by path, when it was last asked for. */
  #inside = new Map<string, Element[]>();
  order: Order = "time";
  /** Of the notebook that is shown. */
  scope = "";

  constructor(source: VariablesSource) {
    this.#source = source;
  }

  refresh(): void {
    this.#changed.fire();
  }

  getTreeItem(element: Element): vscode.TreeItem {
    return treeItem(element, this.scope);
  }

  getChildren(element?: Element): Element[] | Promise<Element[]> {
    if (!element) return this.#top();
    switch (element.type) {
      case "variable":
        return this.#of(element);
      case "group":
        return this.#sorted(element.variables).map((variable) => variableElement(variable));
      case "memory":
        return element.parts.map(({ label, bytes: size, peak }) => ({
          type: "line",
          id: `memory ${label}`,
          label,
          text: bytes(size) + (peak === undefined ? "" : ` · at most ${bytes(peak)}`),
        }));
      case "line":
        return [];
    }
  }

  #top(): Element[] {
    const list = this.#source.known?.list;
    // Without variables the view says what to do.
    if (!list || list.variables.length === 0) return [];
    const of = (role: SessionVariable["role"]): SessionVariable[] =>
      list.variables.filter((each) => each.role === role);
    const [functions, imports] = [of("function"), of("import")];
    const elements: Element[] = this.#sorted(of("variable")).map((variable) => variableElement(variable));
    if (functions.length > 0) {
      elements.push({ type: "group", label: "Functions and classes", icon: "symbol-method", variables: functions });
    }
    if (imports.length > 0) elements.push({ type: "group", label: "Imports", icon: "package", variables: imports });
    const more = list.total - list.variables.length;
    if (more > 0)
      elements.push({ type: "line", id: "more", label: `${more.toLocaleString("en")} more`, text: "not listed" });
    elements.push({ type: "memory", parts: list.memory });
    return elements;
  }

  #sorted(variables: readonly SessionVariable[]): SessionVariable[] {
    if (this.order === "name") return variables.toSorted((a, b) => compare(a.name, b.name));
    return variables.toSorted((a, b) => a.order - b.order);
  }

  async #of(element: VariableElement): Promise<Element[]> {
    const { path, node } = element;
    const key = `${this.scope}\0${path.join("\0")}`;
    const asked = this.#ask(element).then((elements) => {
      this.#inside.set(key, elements);
      return elements;
    });
    const late: Element[] = this.#inside.get(key) ?? [
      {
        type: "line",
        id: `${path.join("\0")}\0late`,
        label: "The cell is computing",
        text: "shown when it is done",
        icon: "watch",
      },
    ];
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<Element[]>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, late)));
    try {
      return await Promise.race([asked, patience]);
    } catch (error) {
      return [
        {
          type: "line",
          id: `${path.join("\0")}\0gone`,
          label: node.name,
          text: (error as Error).message,
          icon: "warning",
        },
      ];
    } finally {
      clearTimeout(timer);
      asked.catch(() => {});
    }
  }

  async #ask(element: VariableElement): Promise<Element[]> {
    const { path, node } = element;
    const [nodes, details] = await Promise.all([
      this.#source.ask("children", { path }),
      node.kind === "tensor" ? this.#source.ask("details", { path }) : undefined,
    ]);
    const lines: Element[] = [];
    if (details?.statistics && details.statistics.size > 1) {
      const { statistics } = details;
      const id = path.join("\0");
      lines.push(
        { type: "line", id: `${id}\0statistics`, label: "statistics", text: statisticsText(statistics), icon: "graph" },
        {
          type: "line",
          id: `${id}\0histogram`,
          label: "histogram",
          text: histogramText(statistics),
          icon: "graph-line",
        },
      );
    }
    return [...lines, ...nodes.map((child) => variableElement(child, element))];
  }

  /** The tooltip is asked for when somebody points at the row. */
  async resolveTreeItem(
    item: vscode.TreeItem,
    element: Element,
    token: vscode.CancellationToken,
  ): Promise<vscode.TreeItem> {
    if (element.type !== "variable" || element.node.kind === "part") return item;
    const { node, path } = element;
    if (node.kind === "getter") {
      item.tooltip = "A getter: to read it would run code. Read it in a cell.";
      return item;
    }
    const late = new Promise<undefined>((resolve) => {
      token.onCancellationRequested(() => resolve(undefined));
      setTimeout(resolve, PATIENCE_MS, undefined);
    });
    const details = await Promise.race([this.#source.ask("details", { path }), late]).catch(() => undefined);
    item.tooltip = tooltip(node, details ?? { type: node.type, value: node.value, facts: [] });
    return item;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });
const compare = (a: string, b: string): number => collator.compare(a, b);
