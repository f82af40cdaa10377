/**
 * Loops that ask now and then whether they may go on, at no cost per iteration that one could measure.
 *
 * A test of a shared flag in every iteration costs up to six times the loop. So an inner loop runs a chunk of iterations,
 * counted down in a register, and an outer one polls, which sets the next chunk:
 *
 *     for (INIT; COND; UPDATE) BODY
 *     { INIT; for (;;) { let k = site.chunk; for (; (k = (k - 1) | 0) >= 0 && (COND); UPDATE) BODY if (k >= 0) break; poll(site); } }
 *
 * The counter is declared inside the outer loop: outside it V8 keeps it as an object in memory, four times slower.
 * Labels stay on the inner loop, so that `break` and `continue` find it. A loop that counts by itself (countedLoop.ts) needs
 * no second counter: its chunk ends at a value of its own. `for … of` becomes a counted loop over the elements of an array
 * or the steps of an iterator. Where that is not possible (each iteration has its own variables that a function holds,
 * `for … in`, `for await`) the body counts. Loops of a few additions are left alone.
 *
 * V8 does not peel the loop of a function that it has inlined into a `try`, as the statements at the top of a cell are,
 * and such loops take twice as long, unless the loop stands in a `try` of its own, which costs nothing: so it does.
 */
import ts from "typescript";
import type { Edits } from "./edits.ts";
import { countedLoop, type CountedLoop } from "./countedLoop.ts";
import { syntaxOf, type Analysis, type Loop } from "./scope.ts";
import { isShortLoop } from "./shortLoop.ts";

/** Identifiers of the locals that loops add; each loop has them in a block of its own. */
export interface LoopLocals {
  counter: string;
  iterable: string;
  iterator: string;
  /** Whether elements are read by index. */
  indexed: string;
  index: string;
  /** Step and value of an iterator, how many are left until it polls, whether it is to be closed when the loop is left. */
  step: string;
  left: string;
  open: string;
  /** What an array pattern in the head takes apart. */
  elements: string;
  error: string;
}

export function loopLocals(unique: (base: string) => string): LoopLocals {
  return {
    counter: unique("$k"),
    iterable: unique("$iterable"),
    iterator: unique("$iterator"),
    indexed: unique("$indexed"),
    index: unique("$index"),
    step: unique("$step"),
    left: unique("$left"),
    open: unique("$open"),
    elements: unique("$elements"),
    error: unique("$error"),
  };
}

export interface LoopNames extends LoopLocals {
  /** Whether a list in a loop's head is still a declaration after its own edits, and not an assignment. */
  declares(list: ts.VariableDeclarationList): boolean;
  /** Whether a name that neither the loop nor a function it could call assigns keeps its value meanwhile. */
  isSteady(identifier: ts.Identifier, loop: ts.ForStatement): boolean;
  /** How a name is written. */
  text(identifier: ts.Identifier): string;
  /** Edits the iterable of a `for await`. */
  awaitEach(iterable: ts.Expression): void;
  /** Identifier of a new site. */
  site(): string;
  /** Expression of the chunk with which a loop begins. */
  chunk(site: string): string;
  /** Expression that polls a site. */
  poll(site: string): string;
  /** Expressions that call what iteration.ts has. */
  iteratorOf(iterable: string, text: string): string;
  elementsOf(value: string, count: number): string;
}

export class LoopEdits {
  private readonly file: ts.SourceFile;
  private readonly analysis: Analysis;
  private readonly edits: Edits;
  private readonly names: LoopNames;
  private readonly visit: (node: ts.Node) => void;

  constructor(file: ts.SourceFile, analysis: Analysis, edits: Edits, names: LoopNames, visit: (node: ts.Node) => void) {
    this.file = file;
    this.analysis = analysis;
    this.edits = edits;
    this.names = names;
    this.visit = visit;
  }

  /** `from`: where the loop begins, its labels included. */
  edit(loop: Loop, from = loop.node.getStart(this.file)): void {
    const { node } = loop;
    if (isShortLoop(node)) return ts.forEachChild(node, this.visit);
    const guarded = isOutermostInFunction(node);
    if (guarded) this.edits.insert(from, "try { ");
    this.editLoop(loop, from);
    const { error } = this.names;
    if (guarded) this.edits.insert(node.end, ` } catch (${error}) { throw ${error}; }`);
  }

  private editLoop(loop: Loop, from: number): void {
    const { node, headCaptured } = loop;
    if (ts.isForStatement(node) && !headCaptured && !hasUsing(node.initializer)) {
      const counted = countedLoop(loop, this.analysis, (identifier) => this.names.isSteady(identifier, node));
      if (counted) this.editCounted(node, from, counted);
      else this.editFor(node, from);
    } else if (ts.isWhileStatement(node)) this.editWhile(node, from);
    else if (ts.isDoStatement(node)) this.editDo(node, from);
    else if (ts.isForOfStatement(node) && !node.awaitModifier) this.editForOf(node, from);
    else this.countInBody(node, from);
  }

  private editCounted(node: ts.ForStatement, from: number, { counter: { text: i }, up, bound }: CountedLoop): void {
    const { edits, file } = this;
    const { condition, incrementor, statement } = node;
    const initializer = node.initializer!;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    const { counter: limit } = this.names;
    const n = bound && (ts.isIdentifier(bound.expression) ? this.names.text(bound.expression) : bound.expression.text);
    const within = `${i} ${up ? (bound?.operator ?? "<") : ">"} ${limit}`;
    const shorten = bound ? `if (!(${limit} ${bound.operator} ${n})) ${limit} = ${n}; ` : "";
    const start = `${i} ${up ? "+" : "-"} ${this.names.chunk(site)}`;
    edits.replace(from, initializer.getStart(file), "{ ");
    this.visit(initializer);
    edits.insert(initializer.end, `; for (;;) { let ${limit} = ${start}; ${shorten}${labels}for (`);
    if (bound) edits.replace(condition!.getStart(file), condition!.end, within);
    else if (condition) {
      edits.insert(condition.getStart(file), `${within} && (`);
      this.visit(condition);
      edits.insert(condition.end, ")");
    } else edits.insert(file.text.indexOf(";", initializer.end) + 1, ` ${within}`);
    this.visit(incrementor!);
    this.visit(statement);
    const over = bound ? ` || !(${i} ${bound.operator} ${n})` : "";
    edits.insert(node.end, ` if (${within}${over}) break; `);
    this.insertPoll(node, site, condition ?? incrementor!);
    edits.insert(node.end, " } }");
  }

  private editFor(node: ts.ForStatement, from: number): void {
    const { edits, file } = this;
    const { initializer, condition, incrementor, statement } = node;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    const head = `${this.start(site)}${labels}for (`;
    let afterFirst: number;
    if (initializer) {
      edits.replace(from, initializer.getStart(file), "{ ");
      const expression = !ts.isVariableDeclarationList(initializer);
      if (expression) edits.insert(initializer.getStart(file), "(");
      this.visit(initializer);
      edits.insert(initializer.end, `${expression ? ")" : ""}; ${head}`);
      afterFirst = file.text.indexOf(";", initializer.end) + 1;
    } else {
      afterFirst = file.text.indexOf(";", node.getStart(file)) + 1;
      edits.replace(from, afterFirst - 1, `{ ${head}`);
    }
    if (condition) {
      edits.insert(condition.getStart(file), `${this.countdown} >= 0 && (`);
      this.visit(condition);
      edits.insert(condition.end, ")");
    } else edits.insert(afterFirst, ` ${this.countdown} >= 0`);
    if (incrementor) this.visit(incrementor);
    this.visit(statement);
    this.insertEnd(node, site, condition ?? incrementor ?? node);
    edits.insert(node.end, " }");
  }

  private editWhile(node: ts.WhileStatement, from: number): void {
    const { edits, file } = this;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    const head = `${this.start(site)}${labels}while (${this.countdown} >= 0 && (`;
    edits.replace(from, node.expression.getStart(file), head);
    this.visit(node.expression);
    edits.insert(node.expression.end, ")");
    this.visit(node.statement);
    this.insertEnd(node, site, node.expression);
  }

  private editDo(node: ts.DoStatement, from: number): void {
    const { edits, file } = this;
    const site = this.names.site();
    edits.insert(from, this.start(site));
    this.visit(node.statement);
    edits.insert(node.expression.getStart(file), "(");
    this.visit(node.expression);
    edits.insert(node.expression.end, `) && ${this.countdown} >= 0`);
    this.insertEnd(node, site, node.expression);
  }

  /**
   * The body stands in an ordinary loop: over the indices of an array, or once for each step of an iterator. The iterator is
   * asked outside that loop: V8 would not peel a loop in which something stands that never ran, and be twice as long over
   * arrays. Left early, the iterator is closed, and what goes wrong in closing hides no error of the body, as the language
   * has it.
   */
  private editForOf(node: ts.ForOfStatement, from: number): void {
    const { edits, file } = this;
    const { initializer, expression, statement } = node;
    const { iterable, iterator, indexed, step, open, index, left, counter: limit, elements, error } = this.names;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    const start = initializer.getStart(file);
    const text = shortText(expression.getText(file));
    // The text of the head stands before that of the iterable, and is needed after it: the iterable is moved in front.
    edits.replace(from, start, "{ ");
    edits.move(expression.getStart(file), expression.end, start, () => this.visit(expression), {
      before: `const ${iterable} = (`,
      after:
        `), ${iterator} = ${this.names.iteratorOf(iterable, text)}, ${indexed} = ${iterator} === undefined; ` +
        `let ${index} = 0, ${left} = 0, ${open} = false, ${step}; try { for (;;) { let ${limit} = 1; ` +
        `if (${indexed}) ${limit} = ${index} + ${this.names.chunk(site)}; else { ` +
        `${open} = false; ${step} = ${iterator}.next(); if (${step}.done) break; ${open} = true; ` +
        `${step} = ${step}.value; ${index} = 0; } ` +
        `${labels}for (; ${index} < ${limit} && (!${indexed} || ${index} < ${iterable}.length); ${index}++) { `,
    });
    const value = `${indexed} ? ${iterable}[${index}] : ${step}`;
    const declares = ts.isVariableDeclarationList(initializer) && this.names.declares(initializer);
    const pattern = declares ? plainArrayPattern(initializer) : undefined;
    if (pattern) {
      const keyword = file.text.slice(start, pattern.getStart(file));
      edits.insert(start, `const ${elements} = ${this.names.elementsOf(value, pattern.elements.length)}; `);
      let at = start;
      pattern.elements.forEach((element, i) => {
        if (ts.isOmittedExpression(element)) return;
        const from = element.getStart(file);
        edits.remove(at, from);
        edits.insert(from, keyword);
        this.visit(element.name);
        edits.insert(element.end, ` = ${elements}[${i}]; `);
        at = element.end;
      });
      edits.remove(at, initializer.end);
    } else {
      if (!declares) edits.insert(start, "(");
      this.visit(initializer);
      edits.insert(initializer.end, ` = ${value}${declares ? "" : ")"}; `);
    }
    edits.remove(initializer.end, expression.getStart(file));
    edits.remove(expression.end, statement.getStart(file));
    this.visit(statement);
    const close = `${iterator}.return?.();`;
    edits.insert(node.end, ` } if (${index} < ${limit}) break; `);
    this.insertPoll(node, site, expression, `if (${indexed} || --${left} < 0) ${left} = `);
    edits.insert(
      node.end,
      ` } } catch (${error}) { if (${open}) { ${open} = false; try { ${close} } catch {} } throw ${error}; } ` +
        `finally { if (${open}) ${close} } }`,
    );
  }

  private countInBody(node: ts.IterationStatement, from: number): void {
    const { edits, file } = this;
    const { counter } = this.names;
    const site = this.names.site();
    const count = ` if (${this.countdown} < 0) ${counter} = ${this.names.poll(site)};`;
    edits.insert(from, `{ let ${counter} = ${this.names.chunk(site)}; `);
    ts.forEachChild(node, (child) => {
      if (child === node.statement) return;
      if (ts.isForOfStatement(node) && child === node.expression) this.names.awaitEach(node.expression);
      else this.visit(child);
    });
    const body = node.statement;
    if (ts.isBlock(body)) {
      edits.insert(body.getStart(file) + 1, count);
      this.visit(body);
    } else {
      edits.insert(body.getStart(file), `{${count} `);
      this.visit(body);
      edits.insert(body.end, " }");
    }
    edits.insert(node.end, " }");
  }

  private get countdown(): string {
    const { counter } = this.names;
    return `(${counter} = (${counter} - 1) | 0)`;
  }

  private start(site: string): string {
    return `for (;;) { let ${this.names.counter} = ${this.names.chunk(site)}; `;
  }

  private insertEnd(node: ts.Node, site: string, head: ts.Node): void {
    this.edits.insert(node.end, ` if (${this.names.counter} >= 0) break; `);
    this.insertPoll(node, site, head);
    this.edits.insert(node.end, " }");
  }

  /** Stopped here, a loop shows its head. */
  private insertPoll(node: ts.Node, site: string, head: ts.Node, before = ""): void {
    this.edits.insert(node.end, `${before}${this.names.poll(site)};`, head.getStart(this.file));
  }
}

function hasUsing(initializer: ts.ForInitializer | undefined): boolean {
  return initializer !== undefined && ts.isVariableDeclarationList(initializer) && syntaxOf(initializer) === "using";
}

/** In a function that V8 may inline: not in a generator or an async function. */
function isOutermostInFunction(loop: ts.Node): boolean {
  for (let at = loop.parent; at; at = at.parent) {
    if (ts.isIterationStatement(at, false)) return false;
    if (!ts.isFunctionLike(at)) continue;
    const { asteriskToken, modifiers } = at as ts.FunctionLikeDeclaration;
    return !asteriskToken && !modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
  }
  return false;
}

/** `[a, , { b }]`: elements that can be read by their index, one by one. */
function plainArrayPattern({ declarations }: ts.VariableDeclarationList): ts.ArrayBindingPattern | undefined {
  const { name } = declarations[0]!;
  if (!ts.isArrayBindingPattern(name)) return undefined;
  const plain = name.elements.every(
    (element) => ts.isOmittedExpression(element) || (!element.initializer && !element.dotDotDotToken),
  );
  return plain ? name : undefined;
}

/** For a message. */
function shortText(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}
