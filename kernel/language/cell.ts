/**
 * Second pass: the JavaScript of a cell as one async function in which the names at the top are the session's.
 *
 * A name is *boxed* (`$x.v`, see box.ts) when something may reach it after the cell: a closure of this or another cell.
 * Otherwise it is a local of the function, in a register while loops run: copied in at the start if an earlier cell made
 * it, copied out in `finally`.
 */
import ts from "typescript";
import { Edits, type Mappings, type Piece } from "./edits.ts";
import { CellSyntaxError } from "./syntaxError.ts";
import { LoopEdits } from "./loops.ts";
import type { Erased } from "./erase.ts";
import type { DeclarationKind, Original } from "./original.ts";
import {
  analyse,
  boundNames,
  parseJavaScript,
  syntaxOf,
  type Analysis,
  type DeclarationSyntax,
  type Use,
} from "./scope.ts";

/** What the transform must know of the session. */
export interface Names {
  get(name: string): { live: boolean; constant: boolean } | undefined;
}

export interface Declared {
  name: string;
  kind: DeclarationKind;
  /** Closures hold its box: every later cell must use the box too. */
  live: boolean;
  constant: boolean;
}

interface Variable {
  name: string;
  /** Identifier of its box in the code. */
  box: string;
  boxed: boolean;
  /** Identifier of the local when it is not boxed. */
  local: string;
  /** Declared at the top of this JavaScript. */
  syntax: DeclarationSyntax | undefined;
  /** As what, in the user's text. */
  kind: DeclarationKind | undefined;
  /** Declared by code that TypeScript added: no variable of the session. */
  ours: boolean;
  /** Known to the session from before. */
  known: boolean;
  /** Assigning is an error. */
  constant: boolean;
  /** Neither declared here nor before. */
  wanted: boolean;
  assigned: boolean;
  /** Where it is initialised, in the JavaScript: uses above are errors. 0 when it is from the start. */
  initialisedAt: number;
  /** Its local holds a value from this mark of the cell's progress on. 0: from the start. */
  mark: number;
}

export interface CellParts {
  code: string;
  mappings: string;
  declares: Declared[];
  wants: string[];
  saveLocals: string;
}

/** Names that are there without the session: code that uses them pays nothing for the chance that a cell declares them. */
const GLOBALS = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  ...["require", "display", "clearOutput", "progress", "input", "arguments"],
]);

/** @throws CellSyntaxError */
export function rewriteCell({ js, mappings }: Erased, original: Original, names: Names): CellParts {
  const file = parseJavaScript(js);
  const analysis = analyse(file);
  const [error] = analysis.errors;
  if (error) {
    const start = error.node.getStart(file);
    const { line, column } = mappings.original(start) ?? { line: 0, column: 0 };
    throw new CellSyntaxError(error.message, { line: line + 1, column: column + 1, length: error.node.end - start });
  }
  return new CellRewriter(file, analysis, original, names).rewrite(mappings);
}

class CellRewriter {
  private readonly file: ts.SourceFile;
  private readonly analysis: Analysis;
  private readonly original: Original;
  private readonly names: Names;
  private readonly edits = new Edits();
  private readonly variables = new Map<string, Variable>();
  private readonly uses = new Map<ts.Identifier, Use>();
  private readonly taken: Set<string>;
  private readonly loops: LoopEdits;
  private readonly runtime: string;
  private readonly progress: string;
  private readonly sites: string[] = [];
  private readonly imports: Piece[] = [];
  private readonly functions: string[] = [];
  private marks = 0;
  private valued: ts.Statement | undefined;

  constructor(file: ts.SourceFile, analysis: Analysis, original: Original, names: Names) {
    this.file = file;
    this.analysis = analysis;
    this.original = original;
    this.names = names;
    this.taken = new Set(analysis.identifiers);
    this.runtime = this.unique("$");
    this.progress = this.unique("$done");
    const site = this.unique("$s");
    this.loops = new LoopEdits(
      file,
      this.edits,
      {
        counter: this.unique("$k"),
        site: () => {
          const name = this.unique(`${site}${this.sites.length + 1}`);
          this.sites.push(name);
          return name;
        },
        chunk: (at) => `${at}.chunk`,
        poll: (at) => `${this.runtime}.poll(${at})`,
      },
      (node) => this.visit(node),
    );
  }

  rewrite(mappings: Mappings): CellParts {
    this.decide();
    this.valued = this.original.endsInExpression ? lastStatement(this.file.statements) : undefined;
    const shebang = /^#!.*/.exec(this.file.text);
    if (shebang) this.edits.remove(0, shebang[0].length);
    for (const statement of this.file.statements) this.topStatement(statement);

    const variables = [...this.variables.values()];
    const stored = variables.filter((variable) => !variable.boxed && stores(variable));
    const head = this.head(stored.length > 0);
    const stores_ = stored.map((variable) => this.store(variable));
    const tail = (stored.length > 0 ? `\n} finally {\n${stores_.join("\n")}\n}` : "") + "\n}";
    const { code, mappings: out } = this.edits.apply(this.file.text, mappings, head, tail);
    return {
      code,
      mappings: out,
      declares: variables.flatMap(({ name, kind, boxed }) => {
        if (kind === undefined) return [];
        const live = boxed || (this.names.get(name)?.live ?? false);
        return [{ name, kind, live, constant: kind === "const" || kind === "import" }];
      }),
      wants: variables.flatMap(({ name, kind, boxed }) => (boxed && kind === undefined ? [name] : [])),
      saveLocals: stores_.map((text) => `try { ${text} } catch {}`).join("\n"),
    };
  }

  private unique(base: string): string {
    let name = base;
    while (this.taken.has(name)) name = `$${name}`;
    this.taken.add(name);
    return name;
  }

  // Which names are boxed -----------------------------------------------------------------------------------------

  private decide(): void {
    const { analysis, variables } = this;
    for (const [name, { syntax }] of analysis.top) this.variable(name, syntax);
    for (const use of analysis.uses) {
      const variable = this.variables.get(use.name) ?? this.undeclared(use);
      if (!variable) continue;
      this.uses.set(use.identifier, use);
      const written = isAssigned(use.identifier);
      variable.assigned ||= written;
      const naming = written && namesAnonymous(use.identifier);
      if (variable.ours) continue;
      if (use.captured || (written && variable.constant) || (naming && variable.local !== use.name)) {
        variable.boxed = true;
      }
    }
    // A pattern is either one declaration or one assignment, so its names are alike.
    for (let changed = true; changed;) {
      changed = false;
      for (const list of declarationLists(this.file)) {
        for (const { name } of list.declarations) {
          const bound = boundNames(name).map(({ text }) => variables.get(text)!);
          if (!bound.some(({ boxed }) => boxed) || bound.every(({ boxed }) => boxed)) continue;
          for (const variable of bound) variable.boxed = true;
          changed = true;
        }
      }
    }
  }

  private variable(name: string, syntax: DeclarationSyntax | undefined): Variable {
    const session = this.names.get(name);
    const kind = syntax && this.original.kinds.get(name);
    const ours = syntax !== undefined && kind === undefined;
    const constantHere = syntax === "const" || syntax === "using" || syntax === "import";
    const variable: Variable = {
      name,
      box: this.unique(`$${name}`),
      boxed:
        !ours &&
        ((session?.live ?? false) ||
          (syntax !== undefined && syntax !== "const" && syntax !== "let" && syntax !== "var") ||
          (kind !== undefined && kind !== "const" && kind !== "let" && kind !== "var")),
      local: this.analysis.hidden.has(name) ? this.unique(`$${name}`) : name,
      syntax,
      kind,
      ours,
      known: session !== undefined && !ours,
      constant: syntax === undefined ? (session?.constant ?? false) : constantHere,
      wanted: syntax === undefined && session === undefined,
      assigned: false,
      initialisedAt: 0,
      mark: 0,
    };
    this.variables.set(name, variable);
    return variable;
  }

  /** A name that this cell does not declare: the session's, or wanted, or left to the language. */
  private undeclared({ name, captured }: Use): Variable | undefined {
    if (this.names.get(name) === undefined && (!captured || GLOBALS.has(name))) return undefined;
    return this.variable(name, undefined);
  }

  // Statements at the top -----------------------------------------------------------------------------------------

  private topStatement(statement: ts.Statement): void {
    if (ts.isImportDeclaration(statement)) return this.importDeclaration(statement);
    if (ts.isExportDeclaration(statement)) {
      if (statement.moduleSpecifier) this.importModule(statement, statement.moduleSpecifier, statement.attributes);
      return this.edits.remove(statement.getStart(this.file), statement.end);
    }
    if (ts.isExportAssignment(statement)) {
      const { expression } = statement;
      const shown = statement === this.valued;
      this.edits.replace(statement.getStart(this.file), expression.getStart(this.file), shown ? "" : "void ");
      return shown ? this.value(expression) : this.visit(expression);
    }
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return this.named(statement);
    if (ts.isVariableStatement(statement)) {
      const { declarationList } = statement;
      if (syntaxOf(declarationList) === "var") {
        this.removeModifiers(statement, declarationList.getStart(this.file));
        return this.visit(declarationList);
      }
      return this.lexical(statement);
    }
    this.visit(statement);
  }

  private removeModifiers(statement: ts.Statement, end: number): void {
    const start = statement.getStart(this.file);
    if (start < end) this.edits.remove(start, end);
  }

  private named(statement: ts.FunctionDeclaration | ts.ClassDeclaration): void {
    const { edits, file } = this;
    const { name } = statement;
    const exported = (statement.modifiers ?? []).filter(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword,
    );
    const start = statement.getStart(file);
    if (exported.length > 0) {
      const from = exported.at(-1)!.end;
      edits.remove(start, from + /^\s*/.exec(file.text.slice(from))![0].length);
    }
    if (!name) edits.insert(statement.end, ");");
    if (!name) edits.insert(start, "(");
    ts.forEachChild(statement, (child) => {
      if (child !== name && !exported.includes(child as ts.Modifier)) this.visit(child);
    });
    const variable = name && this.variables.get(name.text);
    if (!variable?.boxed) return;
    const store = ` ${variable.box}.v = ${variable.name};`;
    if (ts.isFunctionDeclaration(statement)) this.functions.push(store);
    else {
      variable.initialisedAt = statement.end;
      edits.insert(statement.end, store);
    }
  }

  /** `let`, `const` and `using`. */
  private lexical(statement: ts.VariableStatement): void {
    const { edits, file } = this;
    const { declarations } = statement.declarationList;
    const syntax = syntaxOf(statement.declarationList);
    const listStart = statement.declarationList.getStart(file);
    const keyword = file.text.slice(listStart, declarations[0]!.getStart(file));
    edits.remove(statement.getStart(file), declarations[0]!.getStart(file));
    let mark = 0;
    declarations.forEach((declaration, i) => {
      const variables = boundNames(declaration.name).map(({ text }) => this.variables.get(text)!);
      const start = declaration.getStart(file);
      const boxed = variables.some((variable) => variable.boxed);
      const ours = variables.every((variable) => variable.ours);
      for (const { text } of boundNames(declaration.name)) {
        this.variables.get(text)!.initialisedAt = declaration.end;
      }
      if (i > 0) edits.replace(declarations[i - 1]!.end, start, "; ");
      if (boxed || ours || syntax === "using") {
        // Their own declaration, in a block of its own, keeps names of functions and errors of early use natural.
        const block = boxed && syntax !== "using";
        edits.insert(start, block ? `{ ${keyword}` : keyword);
        this.visitDeclaration(declaration);
        const stores = variables.filter((variable) => variable.boxed).map(({ box, name }) => `; ${box}.v = ${name}`);
        edits.insert(declaration.end, stores.join("") + (block ? "; }" : ""));
        return;
      }
      mark = this.marks + 1;
      for (const variable of variables) variable.mark = mark;
      this.assignment(declaration);
    });
    if (mark === 0) return;
    this.marks = mark;
    edits.insert(statement.end, ` ${this.progress} = ${mark};`);
  }

  /** Initialiser and defaults of a declaration that stays one. */
  private visitDeclaration({ name, initializer }: ts.VariableDeclaration): void {
    this.visitPattern(name);
    if (initializer) this.visit(initializer);
  }

  private visitPattern(name: ts.BindingName): void {
    if (ts.isIdentifier(name)) return;
    for (const element of name.elements) {
      if (ts.isOmittedExpression(element)) continue;
      if (element.propertyName) this.visit(element.propertyName);
      this.visitPattern(element.name);
      if (element.initializer) this.visit(element.initializer);
    }
  }

  /** A declaration written as the assignment it makes. */
  private assignment(declaration: ts.VariableDeclaration): void {
    const { edits, file } = this;
    const { name, initializer } = declaration;
    if (ts.isIdentifier(name)) {
      const variable = this.variables.get(name.text)!;
      this.target(name);
      if (!initializer) return edits.insert(declaration.end, " = void 0");
      return this.namedValue(variable, initializer);
    }
    edits.insert(declaration.getStart(file), "(");
    this.targetPattern(name);
    if (initializer) this.visit(initializer);
    edits.insert(declaration.end, ")");
  }

  /** `var` anywhere outside functions; true for a list of the cell's own names or TypeScript's. */
  private vars(list: ts.VariableDeclarationList): void {
    const { edits, file } = this;
    const { declarations, parent } = list;
    edits.remove(list.getStart(file), declarations[0]!.getStart(file));
    const inHead = (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === list;
    for (const declaration of declarations) {
      const { name, initializer } = declaration;
      if (inHead) this.targetPattern(name);
      else if (initializer || !ts.isIdentifier(name)) this.assignment(declaration);
      else {
        const { kind, box } = this.variables.get(name.text)!;
        // The code that fills an enum or namespace adds to what is there: a new declaration begins anew.
        const anew = kind === "enum" || kind === "namespace";
        edits.replace(declaration.getStart(file), declaration.end, anew ? `${box}.v = void 0` : "void 0");
      }
    }
  }

  private targetPattern(name: ts.BindingName): void {
    if (ts.isIdentifier(name)) return this.target(name);
    for (const element of name.elements) {
      if (ts.isOmittedExpression(element)) continue;
      const { propertyName, dotDotDotToken } = element;
      if (propertyName) this.visit(propertyName);
      else if (ts.isObjectBindingPattern(name) && !dotDotDotToken && ts.isIdentifier(element.name)) {
        const written = this.written(this.variables.get(element.name.text)!);
        if (written !== element.name.text)
          this.edits.insert(element.name.getStart(this.file), `${element.name.text}: `);
      }
      this.targetPattern(element.name);
      if (element.initializer) this.visit(element.initializer);
    }
  }

  private target(identifier: ts.Identifier): void {
    const written = this.written(this.variables.get(identifier.text)!);
    if (written !== identifier.text) this.edits.replace(identifier.getStart(this.file), identifier.end, written);
  }

  private written({ boxed, box, local }: Variable): string {
    return boxed ? `${box}.v` : local;
  }

  /** The value of an assignment to a name, which gives an anonymous function that name: a member would not. */
  private namedValue({ boxed, name, local }: Variable, value: ts.Expression): void {
    const rename = (boxed || local !== name) && isAnonymousFunction(value);
    if (rename) this.edits.insert(value.getStart(this.file), `({ ${name}: `);
    this.visit(value);
    if (rename) this.edits.insert(value.end, ` }).${name}`);
  }

  private value(expression: ts.Expression): void {
    const comma = ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken;
    this.edits.insert(
      expression.getStart(this.file),
      `return { value: await ${this.runtime}.await(${comma ? "(" : ""}`,
    );
    this.visit(expression);
    this.edits.insert(expression.end, `${comma ? ")" : ""}) }`);
  }

  // Imports -------------------------------------------------------------------------------------------------------

  private importDeclaration(statement: ts.ImportDeclaration): void {
    const { file } = this;
    this.edits.remove(statement.getStart(file), statement.end);
    const { importClause, moduleSpecifier, attributes } = statement;
    const module = this.importModule(statement, moduleSpecifier, attributes);
    const specifier = moduleSpecifier.getText(file);
    const bind = (local: ts.Identifier, exported: string): void => {
      const { box } = this.variables.get(local.text)!;
      this.imports.push({ text: `${box}.import(${module}, ${exported}, ${specifier}); `, from: local.getStart(file) });
    };
    if (importClause?.name) bind(importClause.name, `"default"`);
    const bindings = importClause?.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) {
      this.imports.push({ text: `${this.variables.get(bindings.name.text)!.box}.v = ${module}; ` });
    } else {
      for (const { name, propertyName } of bindings?.elements ?? []) {
        bind(name, JSON.stringify((propertyName ?? name).text));
      }
    }
  }

  private importModule(
    statement: ts.Statement,
    specifier: ts.Expression,
    attributes: ts.ImportAttributes | undefined,
  ): string {
    const { file } = this;
    const name = this.unique("$module");
    const options = attributes
      ? `, { with: { ${attributes.elements.map((element) => element.getText(file)).join(", ")} } }`
      : "";
    this.imports.push({
      text: `const ${name} = await ${this.runtime}.import(${specifier.getText(file)}${options}); `,
      from: statement.getStart(file),
    });
    return name;
  }

  // Expressions ---------------------------------------------------------------------------------------------------

  private visit(node: ts.Node): void {
    const { edits, file, runtime } = this;
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        return this.identifier(node as ts.Identifier);
      case ts.SyntaxKind.VariableDeclarationList:
        if (this.isTopVar(node as ts.VariableDeclarationList)) return this.vars(node as ts.VariableDeclarationList);
        break;
      case ts.SyntaxKind.ExpressionStatement:
        if (node === this.valued) return this.value((node as ts.ExpressionStatement).expression);
        break;
      case ts.SyntaxKind.LabeledStatement: {
        let { statement } = node as ts.LabeledStatement;
        while (ts.isLabeledStatement(statement)) ({ statement } = statement);
        const loop = this.analysis.loops.get(statement);
        if (loop) return this.loops.edit(loop, node.getStart(file));
        break;
      }
      case ts.SyntaxKind.ForStatement:
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.WhileStatement:
      case ts.SyntaxKind.DoStatement:
        return this.loops.edit(this.analysis.loops.get(node)!);
      case ts.SyntaxKind.AwaitExpression: {
        const { expression } = node as ts.AwaitExpression;
        return this.throughRuntime(expression, "await");
      }
      case ts.SyntaxKind.ImportKeyword:
        return edits.replace(node.getStart(file), node.end, `${runtime}.import`);
      case ts.SyntaxKind.MetaProperty:
        if ((node as ts.MetaProperty).keywordToken === ts.SyntaxKind.ImportKeyword) {
          edits.replace(node.getStart(file), node.end, `${runtime}.meta`);
        }
        return;
      case ts.SyntaxKind.BinaryExpression: {
        const { left, operatorToken, right } = node as ts.BinaryExpression;
        const variable = ts.isIdentifier(left) && this.uses.has(left) ? this.variables.get(left.text) : undefined;
        if (!variable || !isNamingOperator(operatorToken.kind)) break;
        this.visit(left);
        return this.namedValue(variable, right);
      }
    }
    ts.forEachChild(node, (child) => {
      const awaited = ts.isForOfStatement(node) && node.awaitModifier && child === node.expression;
      if (awaited) this.throughRuntime(node.expression, "awaitEach");
      else this.visit(child);
    });
  }

  private throughRuntime(expression: ts.Expression, method: "await" | "awaitEach"): void {
    this.edits.insert(expression.getStart(this.file), `${this.runtime}.${method}(`);
    this.visit(expression);
    this.edits.insert(expression.end, ")");
  }

  private isTopVar(list: ts.VariableDeclarationList): boolean {
    if (syntaxOf(list) !== "var") return false;
    for (let at: ts.Node = list; at; at = at.parent) {
      if (ts.isFunctionLike(at) || ts.isClassStaticBlockDeclaration(at)) return false;
    }
    return true;
  }

  private identifier(identifier: ts.Identifier): void {
    const use = this.uses.get(identifier);
    if (!use) return;
    const { edits, file } = this;
    const variable = this.variables.get(use.name)!;
    const text = this.useText(use, variable);
    if (text === use.name) return;
    const start = identifier.getStart(file);
    if (ts.isShorthandPropertyAssignment(identifier.parent) && identifier.parent.name === identifier) {
      return edits.replace(start, identifier.end, `${use.name}: ${text}`);
    }
    edits.replace(start, identifier.end, isCalled(identifier) && variable.boxed ? `(0, ${text})` : text);
  }

  private useText({ identifier, captured }: Use, variable: Variable): string {
    const { boxed, box, local, name, syntax, constant, wanted } = variable;
    if (variable.ours) return local;
    if (!captured && (syntax === "let" || syntax === "const" || syntax === "class" || syntax === "using")) {
      const inOwn = boxed && syntax !== "class" && syntax !== "using" && this.isInOwnDeclaration(identifier, variable);
      if (inOwn) return name;
      if (this.isEarly(identifier, variable)) return `${box}.early`;
    }
    if (!boxed) return local;
    const written = isAssigned(identifier);
    if (written && constant) return `${box}.constant`;
    if (wanted && written) return `${box}.assign`;
    if (wanted && isTypeofOperand(identifier)) return `${box}.peek`;
    return `${box}.v`;
  }

  private declarationOf({ name }: Variable): ts.Node {
    return this.analysis.top.get(name)!.identifiers[0]!;
  }

  private isInOwnDeclaration(identifier: ts.Identifier, variable: Variable): boolean {
    let declaration = this.declarationOf(variable);
    while (!ts.isVariableDeclaration(declaration)) declaration = declaration.parent;
    return identifier.pos >= declaration.pos && identifier.end <= declaration.end;
  }

  /** Whether a use outside functions stands where its name has no value yet. */
  private isEarly(identifier: ts.Identifier, variable: Variable): boolean {
    const name = this.declarationOf(variable);
    const element = name.parent;
    let declaration = element;
    while (ts.isBindingElement(declaration)) declaration = declaration.parent.parent;
    if (ts.isVariableDeclaration(declaration) && declaration.initializer) {
      const { initializer } = declaration;
      if (identifier.pos >= initializer.pos && identifier.end <= initializer.end) return true;
    }
    return identifier.pos < element.end;
  }

  // Around the text -----------------------------------------------------------------------------------------------

  private head(guarded: boolean): Piece[] {
    const { runtime, sites, progress, marks } = this;
    const variables = [...this.variables.values()];
    const boxes: string[] = [];
    const locals: string[] = [];
    const hoisted: string[] = [];
    for (const { name, box, boxed, local, syntax, ours, known } of variables) {
      if (!ours) boxes.push(`${box} = ${runtime}.box(${JSON.stringify(name)})`);
      if (boxed) {
        if (syntax === "var") hoisted.push(`${box}.hoist();`);
      } else if (!ours) {
        locals.push(known && (syntax === undefined || syntax === "var") ? `${local} = ${box}.peek` : local);
      } else if (syntax === "var") locals.push(name);
    }
    const lines = [`async (${runtime}) => { "use strict";`];
    if (sites.length > 0) lines.push(`const ${sites.map((name) => `${name} = ${runtime}.site()`).join(", ")};`);
    if (boxes.length > 0) lines.push(`const ${boxes.join(", ")};`);
    if (locals.length > 0) lines.push(`let ${locals.join(", ")};`);
    if (marks > 0) lines.push(`let ${progress} = 0;`);
    lines.push(...hoisted);
    if (guarded) lines.push("try {");
    return [{ text: lines.join("\n") + "\n" }, ...this.imports, { text: this.functions.join("") + "\n" }];
  }

  private store({ box, local, mark, syntax }: Variable): string {
    const guard = syntax === "let" || syntax === "const" ? `if (${this.progress} >= ${mark}) ` : "";
    return `${guard}${box}.v = ${local};`;
  }
}

/** Whether a local is copied to its box at the end. */
function stores({ syntax, ours, assigned }: Variable): boolean {
  return syntax === undefined ? assigned : !ours;
}

/** The statement whose value the cell shows. */
function lastStatement(statements: readonly ts.Statement[]): ts.Statement | undefined {
  const last = statements.findLast(
    (statement) => !ts.isEmptyStatement(statement) && !ts.isExportDeclaration(statement),
  );
  // TypeScript puts what follows a `using` that it lowers into a `try`.
  return last && ts.isTryStatement(last) ? lastStatement(last.tryBlock.statements) : last;
}

function* declarationLists(node: ts.Node): Generator<ts.VariableDeclarationList> {
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
  if (ts.isVariableDeclarationList(node)) {
    const top = ts.isVariableStatement(node.parent) && ts.isSourceFile(node.parent.parent);
    if (top || syntaxOf(node) === "var") yield node;
  }
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* declarationLists(child);
}

// How an identifier is used -----------------------------------------------------------------------------------------

function outsideParentheses(node: ts.Node): ts.Node {
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  return node;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** `=`, `||=`, `&&=` and `??=` give an anonymous function on their right the name on their left. */
function isNamingOperator(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.EqualsToken ||
    kind === ts.SyntaxKind.BarBarEqualsToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken ||
    kind === ts.SyntaxKind.QuestionQuestionEqualsToken
  );
}

function isAssigned(identifier: ts.Node): boolean {
  const node = outsideParentheses(identifier);
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    if (parent.left !== node || !isAssignment(parent.operatorToken.kind)) return false;
    return true;
  }
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
  }
  return isPatternTarget(node);
}

/** Inside `[a, { b: c }] = …` or the head of `for … of`. */
function isPatternTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isBinaryExpression(parent)) {
    if (parent.left !== node || parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
    const isPattern = ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node);
    return isPattern || isPatternTarget(outsideParentheses(parent));
  }
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === node && isPatternTarget(parent.parent);
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && isPatternTarget(parent.parent);
  if (ts.isSpreadAssignment(parent)) return isPatternTarget(parent.parent);
  if (ts.isSpreadElement(parent) || ts.isArrayLiteralExpression(parent))
    return isPatternTarget(outsideParentheses(parent));
  return false;
}

function isCalled(identifier: ts.Node): boolean {
  const node = outsideParentheses(identifier);
  const { parent } = node;
  return (
    (ts.isCallExpression(parent) && parent.expression === node) ||
    (ts.isTaggedTemplateExpression(parent) && parent.tag === node)
  );
}

function isTypeofOperand(identifier: ts.Node): boolean {
  return ts.isTypeOfExpression(outsideParentheses(identifier).parent);
}

function isAnonymousFunction(expression: ts.Expression): boolean {
  while (ts.isParenthesizedExpression(expression)) ({ expression } = expression);
  if (ts.isArrowFunction(expression)) return true;
  return (ts.isFunctionExpression(expression) || ts.isClassExpression(expression)) && !expression.name;
}

function namesAnonymous(identifier: ts.Node): boolean {
  const { parent } = identifier;
  return (
    ts.isBinaryExpression(parent) && isNamingOperator(parent.operatorToken.kind) && isAnonymousFunction(parent.right)
  );
}
