/** What stands in the tree of variables, and how each is drawn. */
import * as vscode from "vscode";
import type { MemoryPart, SessionVariable, VariableKind, VariableNode } from "../../kernel/protocol/variables.ts";
import { bytes } from "../bytes.ts";

export type Element =
  | {
      type: "variable";
      /** The variable's name, then steps. */
      path: string[];
      node: VariableNode;
      /** Code that reaches it; undefined where none does. */
      expression: string | undefined;
    }
  | { type: "group"; label: string; icon: string; variables: SessionVariable[] }
  | { type: "memory"; parts: MemoryPart[] }
  /** A line that says something of its parent. */
  | { type: "line"; id: string; label: string; text: string; icon?: string };

export type VariableElement = Extract<Element, { type: "variable" }>;

const ICONS: { readonly [kind in VariableKind]: string } = {
  nothing: "circle-slash",
  boolean: "symbol-boolean",
  number: "symbol-numeric",
  string: "symbol-string",
  symbol: "symbol-key",
  function: "symbol-method",
  class: "symbol-class",
  array: "symbol-array",
  map: "symbol-structure",
  object: "symbol-object",
  date: "calendar",
  error: "error",
  promise: "watch",
  namespace: "symbol-namespace",
  proxy: "eye-closed",
  tensor: "table",
  module: "layers",
  optimizer: "graph-line",
  part: "list-tree",
  getter: "symbol-property",
  gone: "warning",
};

export const variableElement = (node: VariableNode, parent?: VariableElement): VariableElement => ({
  type: "variable",
  path: [...(parent?.path ?? []), node.key],
  node,
  expression:
    node.access === undefined || (parent && parent.expression === undefined)
      ? undefined
      : (parent?.expression ?? "") + node.access,
});

/** `scope` keeps the rows of two notebooks apart, so that each keeps what is expanded. */
export function treeItem(element: Element, scope: string): vscode.TreeItem {
  const item = itemOf(element, scope);
  // By which what is old is greyed; see view.ts.
  item.resourceUri = vscode.Uri.from({ scheme: SCHEME, path: `/${encodeURIComponent(item.id!)}` });
  return item;
}

function itemOf(element: Element, scope: string): vscode.TreeItem {
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  switch (element.type) {
    case "variable": {
      const { node, path, expression } = element;
      const item = new vscode.TreeItem(node.name, node.expandable ? Collapsed : None);
      item.id = `${scope}\0${path.join("\0")}`;
      item.description = describe(node);
      item.iconPath = new vscode.ThemeIcon(ICONS[node.kind]);
      item.contextValue = [
        node.kind === "part" || node.kind === "getter" ? "part" : "value",
        ...(expression === undefined || node.kind === "part" ? [] : ["reachable"]),
        ...(path.length === 1 ? ["variable"] : []),
      ].join(" ");
      item.accessibilityInformation = { label: `${node.name}, ${node.type}, ${item.description}` };
      return item;
    }
    case "group": {
      const item = new vscode.TreeItem(element.label, Collapsed);
      item.id = `${scope}\0\0${element.label}`;
      item.description = String(element.variables.length);
      item.iconPath = new vscode.ThemeIcon(element.icon);
      return item;
    }
    case "memory": {
      const item = new vscode.TreeItem("Memory", Collapsed);
      item.id = `${scope}\0\0memory`;
      item.description = element.parts
        .filter(({ label }) => !label.startsWith("Reserved"))
        .map((part) => `${part.label} ${bytes(part.bytes)}`)
        .join(" · ");
      item.iconPath = new vscode.ThemeIcon("pulse");
      return item;
    }
    case "line": {
      const item = new vscode.TreeItem(element.label, None);
      item.id = `${scope}\0${element.id}`;
      item.description = element.text;
      item.tooltip = `${element.label}: ${element.text}`;
      if (element.icon) item.iconPath = new vscode.ThemeIcon(element.icon);
      return item;
    }
  }
}

export const SCHEME = "gradbook-variable";

function describe({ kind, value, bytes: size, length }: VariableNode): string {
  const parts = [value];
  if (kind === "string" && (length ?? 0) > 100) parts.push(`${length!.toLocaleString("en")} characters`);
  // Of what fits into a line nobody asks how much memory it takes.
  if (size !== undefined && size >= 1000) parts.push(bytes(size));
  return parts.filter((part) => part !== "").join(" · ");
}
