/**
 * Second pass for a local module that the session links itself, so that it can be evaluated anew when its file has changed
 * and the old one is forgotten: an ES module becomes a function of its `ModuleScope`.
 *
 *     import { f } from "./a.ts";            (function* ($module) { "use strict";
 *     export let n = f(1);             →       const $$from1 = $module.imported[0];
 *                                              $module.exports({ n: () => n }); yield;
 *                                              let n = (0, $$from1.f)(1); })
 *
 * It is a generator that stops once before its first statement: functions are there by then, which modules that import
 * each other rely on. One that awaits is an asynchronous generator.
 */
import ts from "typescript";
import { Edits, type Mappings } from "./edits.ts";
import { parseJavaScript } from "./parse.ts";
import { ModuleLoops } from "./moduleCode.ts";
import { analyse, boundNames, type Analysis } from "./scope.ts";
import { CellSyntaxError } from "./syntaxError.ts";
import { isAnonymousFunction, isAssigned, isCalled } from "./uses.ts";

export interface ModuleRequest {
  specifier: string;
  /** `with { type: "json" }`. */
  attributes: { [key: string]: string };
  /** Names that the code uses, with the place of each import: it is an error if the module does not export them. */
  needs: string[];
  /** Place of the specifier in the user's text, 1-based. */
  line: number;
  column: number;
}

export interface LinkedCode {
  /** A JavaScript expression: a generator function of a `ModuleScope`. */
  code: string;
  requests: ModuleRequest[];
  /** Names that the module's own code exports. */
  exports: string[];
  /** Those whose value may change after the module was evaluated. */
  changing: string[];
  /** `export { x as name } from "…"`. */
  reexports: { name: string; request: number; exported: string }[];
  /** Requests of `export * from "…"`. */
  stars: number[];
  /** It awaits at its top. */
  awaits: boolean;
}

/** What the code of a linked module asks of the session. */
export interface ModuleScope {
  /** The namespaces of its requests, in their order. */
  imported: readonly { readonly [name: string]: unknown }[];
  exports(getters: { [name: string]: () => unknown }): void;
  import(specifier: string, options?: ImportCallOptions): Promise<object>;
  meta: ImportMeta;
  require: NodeJS.Require;
}

/** @throws CellSyntaxError */
export function linkModule(js: string, mappings: Mappings): LinkedCode & { mappings: string } {
  return new Linker(js, mappings).link();
}

/** Whether a text has what only an ES module can have. A text that cannot be read has not. */
export function isModuleSyntax(file: ts.SourceFile): boolean {
  return file.statements.some(isModuleStatement) || usesMetaOrAwait(file);
}

function isModuleStatement(statement: ts.Statement): boolean {
  if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) || ts.isExportAssignment(statement))
    return true;
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  );
}

function usesMetaOrAwait(node: ts.Node, inFunction = false): boolean {
  if (ts.isMetaProperty(node)) return node.keywordToken === ts.SyntaxKind.ImportKeyword;
  if (!inFunction && (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier))) return true;
  const inner = inFunction || ts.isFunctionLike(node);
  return ts.forEachChild(node, (child) => usesMetaOrAwait(child, inner) || undefined) ?? false;
}

class Linker {
  private readonly js: string;
  private readonly mappings: Mappings;
  private readonly file: ts.SourceFile;
  private readonly analysis: Analysis;
  private readonly edits = new Edits();
  private readonly loops: ModuleLoops;
  private readonly scope: string;
  private readonly requests: (ModuleRequest & { name: string; key: string })[] = [];
  /** What each imported name stands for. */
  private readonly imports = new Map<string, { request: number; exported: string | undefined }>();
  /** Exported name → expression that reads it. */
  private readonly getters = new Map<string, string>();
  private readonly changing = new Set<string>();
  private readonly reexports: LinkedCode["reexports"] = [];
  private readonly stars: number[] = [];
  private readonly uses = new Set<ts.Identifier>();
  private readonly assigned = new Set<string>();
  private requires = false;

  constructor(js: string, mappings: Mappings) {
    this.js = js;
    this.mappings = mappings;
    this.file = parseJavaScript(js);
    this.analysis = analyse(this.file);
    const [error] = this.analysis.errors;
    if (error) throw this.error(error.message, error.node);
    this.loops = new ModuleLoops(this.file, this.analysis, this.edits, (node) => this.visit(node));
    this.scope = this.loops.unique("$module");
  }

  link(): LinkedCode & { mappings: string } {
    const { file, edits, scope } = this;
    const shebang = /^#!.*/.exec(this.js);
    if (shebang) edits.remove(0, shebang[0].length);
    for (const statement of file.statements) if (ts.isImportDeclaration(statement)) this.importDeclaration(statement);
    for (const { identifier, name } of this.analysis.uses) {
      this.uses.add(identifier);
      if (isAssigned(identifier)) this.assigned.add(name);
      const imported = this.imports.get(name);
      if (imported?.exported !== undefined) this.need(imported.request, imported.exported);
      if (name === "require" && !this.analysis.top.has("require")) this.requires = true;
    }
    for (const statement of file.statements) this.statement(statement);

    const awaits = file.statements.some((statement) => awaitsAtTop(statement));
    const getters = [...this.getters].map(([name, value]) => `${JSON.stringify(name)}: () => ${value}`);
    const namespaces = this.requests.map(({ name }, i) => `${name} = ${scope}.imported[${i}]`);
    const head = [
      `(${awaits ? "async " : ""}function* (${scope}) { "use strict";`,
      ...(namespaces.length > 0 ? [`const ${namespaces.join(", ")};`] : []),
      ...(this.requires ? [`const require = ${scope}.require;`] : []),
      `${scope}.exports({ ${getters.join(", ")} }); yield;`,
    ];
    const tail = `\n${this.loops.tail()}})`;
    const { code, mappings } = edits.apply(this.js, this.mappings, [{ text: `${head.join(" ")}\n` }], tail);
    return {
      code,
      mappings,
      requests: this.requests.map(({ name: _, key: __, ...request }) => request),
      exports: [...this.getters.keys()],
      changing: [...this.changing],
      reexports: this.reexports,
      stars: this.stars,
      awaits,
    };
  }

  // Imports and exports -------------------------------------------------------------------------------------------

  private request(specifier: ts.Expression, attributes: ts.ImportAttributes | undefined): number {
    const { text } = specifier as ts.StringLiteral;
    const given: { [key: string]: string } = {};
    for (const { name, value } of attributes?.elements ?? []) given[name.text] = (value as ts.StringLiteral).text;
    const key = JSON.stringify([text, given]);
    const known = this.requests.findIndex((request) => request.key === key);
    if (known >= 0) return known;
    const { line, column } = this.mappings.original(specifier.getStart(this.file)) ?? { line: 0, column: 0 };
    const name = this.loops.unique(`$$from${this.requests.length + 1}`);
    const place = { line: line + 1, column: column + 1 };
    return this.requests.push({ specifier: text, attributes: given, needs: [], ...place, name, key }) - 1;
  }

  private need(request: number, exported: string): void {
    const { needs } = this.requests[request]!;
    if (!needs.includes(exported)) needs.push(exported);
  }

  private importDeclaration(statement: ts.ImportDeclaration): void {
    const { importClause, moduleSpecifier, attributes } = statement;
    const request = this.request(moduleSpecifier, attributes);
    if (importClause?.name) this.imports.set(importClause.name.text, { request, exported: "default" });
    const bindings = importClause?.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) {
      this.imports.set(bindings.name.text, { request, exported: undefined });
    } else {
      for (const { name, propertyName } of bindings?.elements ?? []) {
        this.imports.set(name.text, { request, exported: (propertyName ?? name).text });
      }
    }
  }

  /** A name at the top is exported. One that is not there is a type. */
  private exportName(name: string, exported: string, node: ts.Node): void {
    if (this.getters.has(exported) || this.reexports.some((one) => one.name === exported)) {
      throw this.error(`Duplicate export of '${exported}'`, node);
    }
    const imported = this.imports.get(name);
    if (imported?.exported !== undefined) {
      this.reexports.push({ name: exported, request: imported.request, exported: imported.exported });
      return;
    }
    if (!imported && !this.analysis.top.has(name)) return;
    this.getters.set(exported, imported ? this.read(name) : name);
    if (this.assigned.has(name)) this.changing.add(exported);
  }

  /** What an imported name is in the code. */
  private read(name: string): string {
    const { request, exported } = this.imports.get(name)!;
    const namespace = this.requests[request]!.name;
    if (exported === undefined) return namespace;
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(exported)
      ? `${namespace}.${exported}`
      : `${namespace}[${JSON.stringify(exported)}]`;
  }

  // Statements ----------------------------------------------------------------------------------------------------

  private statement(statement: ts.Statement): void {
    const { edits, file } = this;
    const start = statement.getStart(file);
    if (ts.isImportDeclaration(statement)) return edits.remove(start, statement.end);
    if (ts.isExportDeclaration(statement)) {
      this.exportDeclaration(statement);
      return edits.remove(start, statement.end);
    }
    if (ts.isExportAssignment(statement)) return this.exportDefault(statement);
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const exported = modifiers.filter(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
    );
    if (exported.length === 0) return this.visit(statement);
    const isDefault = exported.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    const end = exported.at(-1)!.end;
    edits.remove(start, end + /^\s*/.exec(file.text.slice(end))![0].length);
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        for (const identifier of boundNames(name)) this.exportName(identifier.text, identifier.text, identifier);
      }
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      const { name } = statement;
      if (name) this.exportName(name.text, isDefault ? "default" : name.text, name);
      else this.anonymousDefault(statement);
    }
    ts.forEachChild(statement, (child) => {
      if (!exported.includes(child as ts.Modifier)) this.visit(child);
    });
    if (ts.isClassDeclaration(statement) && !statement.name) edits.insert(statement.end, " }).default;");
  }

  /** `export default function () {}` is hoisted, and named "default"; `export default class {}` is not hoisted. */
  private anonymousDefault(statement: ts.FunctionDeclaration | ts.ClassDeclaration): void {
    const local = this.loops.unique("$default");
    this.getters.set("default", local);
    if (ts.isClassDeclaration(statement)) {
      return this.edits.insert(statement.getStart(this.file), `const ${local} = ({ default: `);
    }
    const parenthesis = this.js.indexOf("(", statement.modifiers?.at(-1)?.end ?? statement.getStart(this.file));
    this.edits.insert(parenthesis, ` ${local}`);
  }

  private exportDefault(statement: ts.ExportAssignment): void {
    const { edits, file } = this;
    const { expression } = statement;
    const local = this.loops.unique("$default");
    const [open, close] = isAnonymousFunction(expression) ? ["({ default: ", " }).default"] : ["", ""];
    this.getters.set("default", local);
    edits.replace(statement.getStart(file), expression.getStart(file), `const ${local} = ${open}`);
    this.visit(expression);
    edits.insert(expression.end, close);
  }

  private exportDeclaration({ exportClause, moduleSpecifier, attributes }: ts.ExportDeclaration): void {
    if (!moduleSpecifier) {
      for (const { name, propertyName } of (exportClause as ts.NamedExports).elements) {
        this.exportName((propertyName ?? name).text, name.text, name);
      }
      return;
    }
    const request = this.request(moduleSpecifier, attributes);
    if (!exportClause) this.stars.push(request);
    else if (ts.isNamespaceExport(exportClause)) this.getters.set(exportClause.name.text, this.requests[request]!.name);
    else {
      for (const { name, propertyName } of exportClause.elements) {
        this.reexports.push({ name: name.text, request, exported: (propertyName ?? name).text });
      }
    }
  }

  // Expressions ---------------------------------------------------------------------------------------------------

  private visit(node: ts.Node): void {
    const { edits, file, scope } = this;
    if (ts.isIdentifier(node)) return this.identifier(node);
    if (node.kind === ts.SyntaxKind.ImportKeyword)
      return edits.replace(node.getStart(file), node.end, `${scope}.import`);
    if (ts.isMetaProperty(node)) {
      if (node.keywordToken === ts.SyntaxKind.ImportKeyword)
        edits.replace(node.getStart(file), node.end, `${scope}.meta`);
      return;
    }
    if (!this.loops.edit(node)) ts.forEachChild(node, (child) => this.visit(child));
  }

  private identifier(identifier: ts.Identifier): void {
    if (!this.uses.has(identifier) || !this.imports.has(identifier.text)) return;
    const text = this.read(identifier.text);
    const start = identifier.getStart(this.file);
    const { parent } = identifier;
    if (ts.isShorthandPropertyAssignment(parent) && parent.name === identifier) {
      return this.edits.replace(start, identifier.end, `${identifier.text}: ${text}`);
    }
    const called = isCalled(identifier) && /[.[]/.test(text);
    if (called) this.edits.replaceCalled(start, identifier.end, `(0, ${text})`);
    else this.edits.replace(start, identifier.end, text);
  }

  private error(message: string, node: ts.Node): CellSyntaxError {
    const { line, column } = this.mappings.original(node.getStart(this.file)) ?? { line: 0, column: 0 };
    const length = node.end - node.getStart(this.file);
    return new CellSyntaxError(message, { line: line + 1, column: column + 1, length });
  }
}

function awaitsAtTop(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier) return true;
  if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
    return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => awaitsAtTop(child) || undefined) ?? false;
}
