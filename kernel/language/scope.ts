/**
 * Who means whom in a cell: every use of a name that is not declared inside a function, class or block of the cell,
 * and what the cell declares at its top.
 */
import ts from "typescript";
import { isAssigned } from "./uses.ts";

export type DeclarationSyntax = "const" | "let" | "var" | "function" | "class" | "import" | "using";

/** A use of a name that the cell declares at its top, or does not declare. */
export interface Use {
  identifier: ts.Identifier;
  name: string;
  /** Inside a function or class of the cell: it may run after the cell, and many times. */
  captured: boolean;
}

export interface Loop {
  node: ts.IterationStatement;
  /** A function inside the loop holds a variable of the loop's head: each iteration needs its own. */
  headCaptured: boolean;
}

export interface Analysis {
  /** Names declared at the top, in the order of the text, each with its declaring identifiers. */
  top: Map<string, { syntax: DeclarationSyntax; identifiers: ts.Identifier[] }>;
  uses: Use[];
  /** Uses of names that a function, class or block of the cell declares. */
  inner: Set<ts.Identifier>;
  /** Identifiers that are assigned, and those that a declaration binds, by name, wherever they stand; in their order. */
  assigned: Map<string, ts.Identifier[]>;
  bound: Map<string, ts.Identifier[]>;
  loops: Map<ts.Node, Loop>;
  /** What the declarations at the top, and `var` below it, bind. */
  patterns: ts.BindingName[];
  /** Names that a block of the cell's own function declares again, hiding those at the top from a debugger. */
  hidden: Set<string>;
  /** Something outside functions awaits: `await`, `for await`, `await using`, or an import. */
  awaits: boolean;
  /** Every identifier of the text. */
  identifiers: Set<string>;
  /** What is a syntax error in a module although it is none inside our function. */
  errors: { node: ts.Node; message: string }[];
}

interface Scope {
  names: Set<string>;
  parent: Scope | undefined;
  /** How many functions and classes are around it. */
  depth: number;
}

export function analyse(file: ts.SourceFile): Analysis {
  const analysis: Analysis = {
    top: new Map(),
    uses: [],
    inner: new Set(),
    assigned: new Map(),
    bound: new Map(),
    loops: new Map(),
    patterns: [],
    hidden: new Set(),
    awaits: awaits(file),
    identifiers: new Set(),
    errors: [],
  };
  declareTop(file, analysis);
  new Walk(analysis).statements(file.statements, { names: new Set(), parent: undefined, depth: 0 });
  for (const all of [analysis.assigned, analysis.bound]) for (const list of all.values()) list.sort(inOrder);
  return analysis;
}

export function inOrder(a: ts.Node, b: ts.Node): number {
  return a.pos - b.pos;
}

/** The first place of those in a list, which are in their order, that is at or behind `pos`: its index. */
export function firstFrom(list: readonly ts.Node[], pos: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.pos < pos) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Identifiers that a binding declares. */
export function boundNames(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

export function syntaxOf(list: ts.VariableDeclarationList): "const" | "let" | "var" | "using" {
  // `await using` has the bits of both `const` and `using`.
  if ((list.flags & ts.NodeFlags.Using) !== 0) return "using";
  if ((list.flags & ts.NodeFlags.Const) !== 0) return "const";
  return (list.flags & ts.NodeFlags.Let) !== 0 ? "let" : "var";
}

/** Whether a list is a `var` outside functions: its names belong to the top. */
export function isTopVar(list: ts.VariableDeclarationList): boolean {
  if (syntaxOf(list) !== "var") return false;
  for (let at: ts.Node = list; at; at = at.parent) {
    if (ts.isFunctionLike(at) || ts.isClassStaticBlockDeclaration(at)) return false;
  }
  return true;
}

function declareTop(file: ts.SourceFile, { top, errors, patterns }: Analysis): void {
  const declare = (identifier: ts.Identifier, syntax: DeclarationSyntax): void => {
    const known = top.get(identifier.text);
    if (!known) top.set(identifier.text, { syntax, identifiers: [identifier] });
    else if (known.syntax === "var" && syntax === "var") known.identifiers.push(identifier);
    else errors.push({ node: identifier, message: `Identifier '${identifier.text}' has already been declared` });
  };
  for (const statement of file.statements) {
    for (const [identifier, syntax] of lexical(statement)) declare(identifier, syntax);
    for (const name of vars(statement)) {
      patterns.push(name);
      for (const identifier of boundNames(name)) declare(identifier, "var");
    }
    if (ts.isVariableStatement(statement) && syntaxOf(statement.declarationList) !== "var") {
      patterns.push(...statement.declarationList.declarations.map(({ name }) => name));
    }
    if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {};
      if (name) declare(name, "import");
      if (namedBindings && ts.isNamespaceImport(namedBindings)) declare(namedBindings.name, "import");
      else namedBindings?.elements.forEach((element) => declare(element.name, "import"));
    }
  }
}

/** What a statement declares in its block. */
function lexical(statement: ts.Statement): [ts.Identifier, DeclarationSyntax][] {
  if (ts.isFunctionDeclaration(statement)) return statement.name ? [[statement.name, "function"]] : [];
  if (ts.isClassDeclaration(statement)) return statement.name ? [[statement.name, "class"]] : [];
  if (!ts.isVariableStatement(statement)) return [];
  const syntax = syntaxOf(statement.declarationList);
  if (syntax === "var") return [];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    boundNames(name).map((identifier): [ts.Identifier, DeclarationSyntax] => [identifier, syntax]),
  );
}

function awaits(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || ts.isImportDeclaration(node)) return true;
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier !== undefined;
  if (ts.isForOfStatement(node) && node.awaitModifier) return true;
  if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
    return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => awaits(child) || undefined) ?? false;
}

/** What `var` declares anywhere in a statement, outside functions. */
function vars(node: ts.Node): ts.BindingName[] {
  const found: ts.BindingName[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isFunctionLike(child) || ts.isClassLike(child)) return;
    if (ts.isVariableDeclarationList(child) && syntaxOf(child) === "var") {
      for (const { name } of child.declarations) found.push(name);
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return found;
}

class Walk {
  private readonly analysis: Analysis;
  /** Loops around the current node with the names of their heads and the depth at which they stand. */
  private readonly heads: { loop: Loop; names: Set<string>; depth: number }[] = [];

  constructor(analysis: Analysis) {
    this.analysis = analysis;
  }

  statements(statements: Iterable<ts.Node>, scope: Scope): void {
    for (const statement of statements) this.visit(statement, scope);
  }

  private visit(node: ts.Node, scope: Scope): void {
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        return this.use(node as ts.Identifier, scope);

      case ts.SyntaxKind.ImportDeclaration:
      case ts.SyntaxKind.ExportDeclaration:
        return this.note(node);
      case ts.SyntaxKind.MetaProperty:
      case ts.SyntaxKind.BreakStatement:
      case ts.SyntaxKind.ContinueStatement:
        return this.note(node);
      case ts.SyntaxKind.LabeledStatement: {
        const { label, statement } = node as ts.LabeledStatement;
        this.note(label);
        return this.visit(statement, scope);
      }
      case ts.SyntaxKind.PropertyAccessExpression: {
        const { expression, name } = node as ts.PropertyAccessExpression;
        this.note(name);
        return this.visit(expression, scope);
      }
      case ts.SyntaxKind.PropertyAssignment: {
        const { name, initializer } = node as ts.PropertyAssignment;
        this.propertyName(name, scope);
        return this.visit(initializer, scope);
      }
      case ts.SyntaxKind.VariableDeclaration: {
        const { name, initializer } = node as ts.VariableDeclaration;
        this.binding(name, scope);
        if (initializer) this.visit(initializer, scope);
        return;
      }
      case ts.SyntaxKind.VariableDeclarationList:
        if ((node as ts.VariableDeclarationList).declarations.length === 0) {
          this.analysis.errors.push({ node, message: "Variable declaration list cannot be empty." });
        }
        return ts.forEachChild(node, (child) => this.visit(child, scope));
      case ts.SyntaxKind.ReturnStatement:
        if (scope.depth === 0) {
          this.analysis.errors.push({ node, message: "A 'return' statement can only be used within a function body." });
        }
        return ts.forEachChild(node, (child) => this.visit(child, scope));
      case ts.SyntaxKind.DeleteExpression: {
        let { expression }: { expression: ts.Expression } = node as ts.DeleteExpression;
        while (ts.isParenthesizedExpression(expression)) ({ expression } = expression);
        if (ts.isIdentifier(expression)) {
          this.analysis.errors.push({ node, message: "Delete of an unqualified identifier in strict mode." });
        }
        return this.visit((node as ts.DeleteExpression).expression, scope);
      }

      case ts.SyntaxKind.Block:
        return this.statements((node as ts.Block).statements, this.block((node as ts.Block).statements, scope));
      case ts.SyntaxKind.CaseBlock: {
        const { clauses } = node as ts.CaseBlock;
        const inner = this.block(
          clauses.flatMap((clause) => [...clause.statements]),
          scope,
        );
        for (const clause of clauses) {
          if (ts.isCaseClause(clause)) this.visit(clause.expression, inner);
          this.statements(clause.statements, inner);
        }
        return;
      }
      case ts.SyntaxKind.CatchClause: {
        const { variableDeclaration, block } = node as ts.CatchClause;
        const names = variableDeclaration ? boundNames(variableDeclaration.name) : [];
        const inner = this.inner(
          scope,
          names.map(({ text }) => text),
        );
        if (variableDeclaration) this.visit(variableDeclaration, inner);
        return this.visit(block, inner);
      }
      case ts.SyntaxKind.ForStatement:
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.WhileStatement:
      case ts.SyntaxKind.DoStatement:
        return this.loop(node as ts.IterationStatement, scope);

      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.ClassExpression: {
        const { name } = node as ts.ClassLikeDeclaration;
        const inner: Scope = { names: new Set(name ? [name.text] : []), parent: scope, depth: scope.depth + 1 };
        if (name) this.note(name);
        return ts.forEachChild(node, (child) => (child === name ? undefined : this.visit(child, inner)));
      }
      case ts.SyntaxKind.PropertyDeclaration: {
        const { name, initializer } = node as ts.PropertyDeclaration;
        this.propertyName(name, scope);
        if (initializer) this.visit(initializer, scope);
        return;
      }
      case ts.SyntaxKind.ClassStaticBlockDeclaration: {
        const { body } = node as ts.ClassStaticBlockDeclaration;
        const names = vars(body)
          .flatMap(boundNames)
          .map(({ text }) => text);
        return this.visit(body, { names: new Set(names), parent: scope, depth: scope.depth });
      }
    }
    if (ts.isFunctionLike(node)) return this.functionLike(node as ts.FunctionLikeDeclaration, scope);
    ts.forEachChild(node, (child) => this.visit(child, scope));
  }

  private functionLike(node: ts.FunctionLikeDeclaration, scope: Scope): void {
    const depth = scope.depth + 1;
    if (node.name) {
      if (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) this.note(node.name);
      else this.propertyName(node.name, scope);
    }
    // A function expression knows itself; a declaration is a name of the block around it.
    const self = ts.isFunctionExpression(node) && node.name ? [node.name.text] : [];
    const parameters = node.parameters.flatMap(({ name }) => boundNames(name)).map(({ text }) => text);
    const outer: Scope = { names: new Set([...self, ...parameters]), parent: scope, depth };
    if (!ts.isArrowFunction(node)) outer.names.add("arguments");
    for (const { name, initializer } of node.parameters) {
      this.binding(name, outer);
      if (initializer) this.visit(initializer, outer);
    }
    if (!node.body) return;
    if (!ts.isBlock(node.body)) return this.visit(node.body, outer);
    const names = new Set(
      vars(node.body)
        .flatMap(boundNames)
        .map(({ text }) => text),
    );
    this.visit(node.body, { names, parent: outer, depth });
  }

  private loop(node: ts.IterationStatement, scope: Scope): void {
    const loop: Loop = { node, headCaptured: false };
    this.analysis.loops.set(node, loop);
    const names = new Set<string>();
    if (ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) {
      const { initializer } = node;
      if (initializer && ts.isVariableDeclarationList(initializer) && syntaxOf(initializer) !== "var") {
        for (const { name } of initializer.declarations) for (const { text } of boundNames(name)) names.add(text);
      }
    }
    const inner = this.inner(scope, [...names]);
    this.heads.push({ loop, names, depth: scope.depth });
    ts.forEachChild(node, (child) => this.visit(child, inner));
    this.heads.pop();
  }

  /** A declaration's pattern: its names are no uses, its defaults and computed keys hold some. */
  private binding(name: ts.BindingName, scope: Scope): void {
    if (ts.isIdentifier(name)) {
      addTo(this.analysis.bound, name);
      return this.note(name);
    }
    for (const element of name.elements) {
      if (ts.isOmittedExpression(element)) continue;
      if (element.propertyName) this.propertyName(element.propertyName, scope);
      this.binding(element.name, scope);
      if (element.initializer) this.visit(element.initializer, scope);
    }
  }

  private propertyName(name: ts.PropertyName, scope: Scope): void {
    if (ts.isComputedPropertyName(name)) this.visit(name.expression, scope);
    else this.note(name);
  }

  private block(statements: Iterable<ts.Statement>, scope: Scope): Scope {
    const names: string[] = [];
    for (const statement of statements) for (const [{ text }] of lexical(statement)) names.push(text);
    return this.inner(scope, names);
  }

  private inner(scope: Scope, names: string[]): Scope {
    if (scope.depth === 0) for (const name of names) this.analysis.hidden.add(name);
    return { names: new Set(names), parent: scope, depth: scope.depth };
  }

  private use(identifier: ts.Identifier, scope: Scope): void {
    const { text } = identifier;
    this.note(identifier);
    for (const { loop, names, depth } of this.heads) {
      // By name only: an inner variable of the same name costs a little speed, never the meaning.
      if (scope.depth > depth && names.has(text)) loop.headCaptured = true;
    }
    if (isAssigned(identifier)) addTo(this.analysis.assigned, identifier);
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      if (at.names.has(text)) return void this.analysis.inner.add(identifier);
    }
    this.analysis.uses.push({ identifier, name: text, captured: scope.depth > 0 });
  }

  /** Collects the identifiers in what is no use of a variable. */
  private note(node: ts.Node): void {
    if (ts.isIdentifier(node)) this.analysis.identifiers.add(node.text);
    else ts.forEachChild(node, (child) => this.note(child));
  }
}

function addTo(map: Map<string, ts.Identifier[]>, identifier: ts.Identifier): void {
  const known = map.get(identifier.text);
  if (known) known.push(identifier);
  else map.set(identifier.text, [identifier]);
}
