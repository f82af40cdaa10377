/**
 * Second pass: the JavaScript of a cell as one async function in which the names at the top are the session's, as
 * variables.ts has decided for each.
 */
import ts from "typescript";
import { CellImports } from "./cellImports.ts";
import { Edits, type Mappings, type Piece } from "./edits.ts";
import { dependenciesOf, type Dependencies } from "./dependencies.ts";
import { CellSyntaxError } from "./syntaxError.ts";
import { LoopEdits, loopLocals } from "./loops.ts";
import type { Erased } from "./erase.ts";
import type { Original } from "./original.ts";
import { parseJavaScript } from "./parse.ts";
import { analyse, boundNames, isTopVar, syntaxOf, type Analysis } from "./scope.ts";
import { isAnonymousFunction, isCalled, isNamingOperator } from "./uses.ts";
import { targetText, Variables, type Declared, type Names, type Variable } from "./variables.ts";

export interface CellParts {
  code: string;
  mappings: string;
  declares: Declared[];
  wants: string[];
  saveLocals: string;
  dependencies: Dependencies;
}

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
  private readonly edits = new Edits();
  private readonly variables: Variables;
  private readonly taken: Set<string>;
  private readonly loops: LoopEdits;
  private readonly runtime: string;
  private readonly progress: string;
  private readonly sites: string[] = [];
  private readonly awaitSites: string[] = [];
  private readonly imports: CellImports;
  private readonly functions: string[] = [];
  /** Statements during which locals change and that may end early, each with the names of those locals. */
  private readonly guarded: Variable[][] = [];
  private valued: ts.Statement | undefined;
  /** The statement at the top that is being rewritten. */
  private current!: ts.Statement;

  constructor(file: ts.SourceFile, analysis: Analysis, original: Original, names: Names) {
    this.file = file;
    this.analysis = analysis;
    this.original = original;
    this.taken = new Set(analysis.identifiers);
    this.variables = new Variables(analysis, original, names, (base) => this.unique(base));
    this.runtime = this.unique("$gradbook");
    this.progress = this.unique("$done");
    const { edits, variables, runtime } = this;
    this.imports = new CellImports({ file, edits, variables, runtime, unique: (base) => this.unique(base) });
    const site = this.unique("$site");
    this.loops = new LoopEdits(
      file,
      analysis,
      this.edits,
      {
        ...loopLocals((base) => this.unique(base)),
        declares: (list) => !isTopVar(list),
        isSteady: (identifier, loop) => this.variables.isSteady(identifier, loop),
        text: (identifier) => this.variables.textOf(identifier),
        awaitEach: (iterable) => this.throughRuntime(iterable, "awaitEach"),
        site: () => {
          const name = this.unique(`${site}${this.sites.length + 1}`);
          this.sites.push(name);
          return name;
        },
        chunk: (at) => `${at}.chunk`,
        poll: (at) => `${this.runtime}.poll(${at})`,
        iteratorOf: (iterable, text) => `${this.runtime}.iteratorOf(${iterable}, ${JSON.stringify(text)})`,
        elementsOf: (value, count) => `${this.runtime}.elementsOf(${value}, ${count})`,
      },
      (node) => this.visit(node),
    );
  }

  rewrite(mappings: Mappings): CellParts {
    this.valued = this.original.endsInExpression ? lastStatement(this.file.statements) : undefined;
    const shebang = /^#!.*/.exec(this.file.text);
    if (shebang) this.edits.remove(0, shebang[0].length);
    for (const statement of this.file.statements) this.topStatement(statement);

    const variables = this.variables.all();
    const { code, mappings: out } = this.edits.apply(this.file.text, mappings, this.head(), "\n}");
    return {
      code,
      mappings: out,
      declares: variables.flatMap(({ name, kind, boxed, live }) =>
        kind ? [{ name, kind, live: boxed || live, constant: kind === "const" || kind === "import" }] : [],
      ),
      wants: variables.flatMap(({ name, kind, boxed }) => (boxed && !kind ? [name] : [])),
      saveLocals: this.guarded.map((changing, i) => `try {${this.storesDuring(i + 1, changing)} } catch {}`).join("\n"),
      dependencies: dependenciesOf(this.analysis, this.original),
    };
  }

  private unique(base: string): string {
    let name = base;
    while (this.taken.has(name)) name = `$${name}`;
    this.taken.add(name);
    return name;
  }

  // Statements at the top -----------------------------------------------------------------------------------------

  /** A statement, and the locals that it changes stored in their boxes when it ends, in whatever way it ends. */
  private topStatement(statement: ts.Statement): void {
    const { edits, file } = this;
    this.current = statement;
    const changed = this.variables.assignedIn(statement);
    if (changed.length === 0 || this.changesLast(statement) || this.declaresForTheRest(statement)) {
      this.bareStatement(statement);
      edits.insert(statement.end, this.stores(changed));
      return;
    }
    this.guarded.push(changed);
    edits.insert(statement.getStart(file), `${this.progress} = ${this.guarded.length}; try { `);
    this.bareStatement(statement);
    edits.insert(statement.end, ` } finally {${this.storesDuring(this.guarded.length, changed)} }`);
  }

  private stores(variables: Variable[]): string {
    return variables.map(({ box, local }) => ` ${box}.v = ${local};`).join("");
  }

  /** The mark is read in the code too: a local that nothing reads any more is no longer there for the debugger. */
  private storesDuring(mark: number, changing: Variable[]): string {
    return ` if (${this.progress} === ${mark}) {${this.stores(changing)} }`;
  }

  /** `x = …;`, `var x = …;` and `x++;`: nothing can go wrong once the name has its value. */
  private changesLast(statement: ts.Statement): boolean {
    if (ts.isVariableStatement(statement)) {
      const [{ name, initializer }, more] = statement.declarationList.declarations as unknown as [
        ts.VariableDeclaration,
        ...ts.VariableDeclaration[],
      ];
      return !more && ts.isIdentifier(name) && (!initializer || this.variables.assignedIn(initializer).length === 0);
    }
    if (!ts.isExpressionStatement(statement) || statement === this.valued) return false;
    const { expression } = statement;
    if (ts.isBinaryExpression(expression)) {
      return ts.isIdentifier(expression.left) && this.variables.assignedIn(expression.right).length === 0;
    }
    return ts.isPostfixUnaryExpression(expression) || ts.isPrefixUnaryExpression(expression);
  }

  /** A declaration that stays one must not stand in a block: what follows needs it. */
  private declaresForTheRest(statement: ts.Statement): boolean {
    if (!ts.isVariableStatement(statement)) return false;
    const syntax = syntaxOf(statement.declarationList);
    const names = statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
    return syntax === "using" || (syntax !== "var" && names.every((name) => this.variables.declaredBy(name).ours));
  }

  private bareStatement(statement: ts.Statement): void {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return this.imports.edit(statement);
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
    const variable = name && this.variables.declaredBy(name);
    if (!variable?.boxed) return;
    const store = ` ${variable.box}.v = ${variable.name};`;
    if (ts.isFunctionDeclaration(statement)) this.functions.push(store);
    else edits.insert(statement.end, store);
  }

  /** `let`, `const` and `using`. */
  private lexical(statement: ts.VariableStatement): void {
    const { edits, file } = this;
    const { declarations } = statement.declarationList;
    const syntax = syntaxOf(statement.declarationList);
    const listStart = statement.declarationList.getStart(file);
    const keyword = file.text.slice(listStart, declarations[0]!.getStart(file));
    edits.remove(statement.getStart(file), declarations[0]!.getStart(file));
    declarations.forEach((declaration, i) => {
      const variables = boundNames(declaration.name).map((name) => this.variables.declaredBy(name));
      const start = declaration.getStart(file);
      const boxed = variables.some((variable) => variable.boxed);
      const ours = variables.every((variable) => variable.ours);
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
      this.assignment(declaration);
      edits.insert(declaration.end, `;${this.stores(variables)}`);
    });
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
      const variable = this.variables.declaredBy(name);
      this.target(name);
      if (!initializer) return edits.insert(declaration.end, " = void 0");
      return this.namedValue(variable, initializer);
    }
    edits.insert(declaration.getStart(file), "(");
    this.targetPattern(name);
    if (initializer) this.visit(initializer);
    edits.insert(declaration.end, ")");
  }

  /** `var` anywhere outside functions, as the expression that assigns. */
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
        const { kind, box } = this.variables.declaredBy(name);
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
        const written = targetText(this.variables.declaredBy(element.name));
        if (written !== element.name.text)
          this.edits.insert(element.name.getStart(this.file), `${element.name.text}: `);
      }
      this.targetPattern(element.name);
      if (element.initializer) this.visit(element.initializer);
    }
  }

  private target(identifier: ts.Identifier): void {
    const written = targetText(this.variables.declaredBy(identifier));
    if (written !== identifier.text) this.edits.replace(identifier.getStart(this.file), identifier.end, written);
  }

  /** The value of an assignment to a name, which gives an anonymous function that name: a member would not. */
  private namedValue({ boxed, name, local }: Variable, value: ts.Expression): void {
    const rename = (boxed || local !== name) && isAnonymousFunction(value);
    if (rename) this.edits.insert(value.getStart(this.file), `({ ${name}: `);
    this.visit(value);
    if (rename) this.edits.insert(value.end, ` }).${name}`);
  }

  /** The value that the cell shows, awaited. */
  private value(expression: ts.Expression): void {
    const { edits, file, runtime } = this;
    const comma = ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken;
    const [open, close] = comma ? ["(", ")"] : ["", ""];
    const [before, after] = this.analysis.awaits
      ? [`return { value: await ${runtime}.await(${open}`, `${close}, ${this.awaitSite()}) }`]
      : [`return ${runtime}.value(${open}`, `${close})`];
    edits.insert(expression.getStart(file), before);
    this.visit(expression);
    edits.insert(expression.end, after);
  }

  // Expressions ---------------------------------------------------------------------------------------------------

  private visit(node: ts.Node): void {
    const { edits, file, runtime } = this;
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        return this.identifier(node as ts.Identifier);
      case ts.SyntaxKind.VariableDeclarationList:
        if (isTopVar(node as ts.VariableDeclarationList)) return this.vars(node as ts.VariableDeclarationList);
        break;
      case ts.SyntaxKind.ExpressionStatement:
        if (node === this.valued) return this.value((node as ts.ExpressionStatement).expression);
        break;
      case ts.SyntaxKind.CatchClause: {
        const { variableDeclaration, block } = node as ts.CatchClause;
        if (variableDeclaration) this.visit(variableDeclaration.name);
        if (variableDeclaration && ts.isIdentifier(variableDeclaration.name)) {
          edits.insert(block.getStart(file) + 1, ` ${runtime}.caught(${variableDeclaration.name.text});`);
        }
        return this.visit(block);
      }
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
        return this.awaiting(node as ts.AwaitExpression);
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
        const variable = ts.isIdentifier(left) ? this.variables.usedBy(left) : undefined;
        if (!variable || !isNamingOperator(operatorToken.kind)) break;
        this.visit(left);
        return this.namedValue(variable, right);
      }
    }
    ts.forEachChild(node, (child) => this.visit(child));
  }

  /** While the cell itself waits, cells of other shells see its locals, and their changes of them are seen afterwards. */
  private awaiting(node: ts.AwaitExpression): void {
    const { edits, runtime } = this;
    const { stored, loaded } = isInFunction(node) ? NONE : this.variables.sharedDuring(this.current);
    if (loaded.length > 0) edits.insert(node.getStart(this.file), `${runtime}.after(`);
    this.throughRuntime(node.expression, "await", stored.map(({ box, local }) => `, ${box}.v = ${local}`).join(""));
    if (loaded.length === 0) return;
    edits.insert(node.end, `${loaded.map(({ box, local }) => `, ${local} = ${box}.v`).join("")})`);
  }

  private throughRuntime(expression: ts.Expression, method: "await" | "awaitEach", more = ""): void {
    this.edits.insert(expression.getStart(this.file), `${this.runtime}.${method}(`);
    this.visit(expression);
    this.edits.insert(expression.end, `, ${this.awaitSite()}${more})`);
  }

  private awaitSite(): string {
    const name = this.unique(`${this.runtime}Await${this.awaitSites.length + 1}`);
    this.awaitSites.push(name);
    return name;
  }

  private identifier(identifier: ts.Identifier): void {
    const { edits, file } = this;
    const text = this.variables.textOf(identifier);
    if (text === identifier.text) return;
    const start = identifier.getStart(file);
    if (ts.isShorthandPropertyAssignment(identifier.parent) && identifier.parent.name === identifier) {
      return edits.replace(start, identifier.end, `${identifier.text}: ${text}`);
    }
    // Called as a member, a function would get the box as its `this`.
    if (isCalled(identifier) && text.includes(".")) edits.replaceCalled(start, identifier.end, `(0, ${text})`);
    else edits.replace(start, identifier.end, text);
  }

  // Around the text -----------------------------------------------------------------------------------------------

  private head(): Piece[] {
    const { runtime, sites, awaitSites, progress } = this;
    const boxes: string[] = [];
    const locals: string[] = [];
    const hoisted: string[] = [];
    for (const { name, box, boxed, local, syntax, ours, known } of this.variables.all()) {
      if (ours) {
        if (syntax === "var") locals.push(name);
        continue;
      }
      boxes.push(`${box} = ${runtime}.box(${JSON.stringify(name)})`);
      if (syntax === "var") hoisted.push(`${box}.hoist();`);
      if (!boxed) locals.push(known && (syntax === undefined || syntax === "var") ? `${local} = ${box}.peek` : local);
    }
    if (this.guarded.length > 0) locals.push(`${progress} = 0`);
    // V8 makes faster loops of a function that is not async (1.6 times, where one calls a function).
    const lines = [`${this.analysis.awaits ? "async " : ""}(${runtime}) => { "use strict";`];
    if (sites.length > 0) lines.push(`const ${sites.map((name) => `${name} = ${runtime}.site()`).join(", ")};`);
    if (awaitSites.length > 0)
      lines.push(`const ${awaitSites.map((name) => `${name} = ${runtime}.awaitSite()`).join(", ")};`);
    if (boxes.length > 0) lines.push(`const ${boxes.join(", ")};`);
    if (locals.length > 0) lines.push(`let ${locals.join(", ")};`);
    lines.push(...hoisted);
    return [{ text: lines.join("\n") + "\n" }, ...this.imports.atBeginning, { text: this.functions.join("") + "\n" }];
  }
}

const NONE = { stored: [], loaded: [] };

function isInFunction(node: ts.Node): boolean {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}

/** The statement whose value the cell shows. */
function lastStatement(statements: readonly ts.Statement[]): ts.Statement | undefined {
  const last = statements.findLast(
    (statement) => !ts.isEmptyStatement(statement) && !ts.isExportDeclaration(statement),
  );
  // TypeScript puts what follows a `using` that it lowers into a `try`.
  return last && ts.isTryStatement(last) ? lastStatement(last.tryBlock.statements) : last;
}
