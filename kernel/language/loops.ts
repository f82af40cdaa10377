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
 * Labels stay on the inner loop, so that `break` and `continue` find it. `for … of` becomes such a loop over the
 * iterator's steps. Where that is not possible (each iteration has its own variables that a function holds, `for … in`,
 * `for await`) the body counts. Loops of a few additions are left alone.
 */
import ts from "typescript";
import type { Edits } from "./edits.ts";
import { syntaxOf, type Loop } from "./scope.ts";
import { isShortLoop } from "./shortLoop.ts";

export interface LoopNames {
  counter: string;
  iterator: string;
  /** The step of an iterator, and whether the iterator is to be closed when the loop is left. */
  step: string;
  open: string;
  error: string;
  /** Whether a list in a loop's head is still a declaration after its own edits, and not an assignment. */
  declares(list: ts.VariableDeclarationList): boolean;
  /** Edits the iterable of a `for await`. */
  awaitEach(iterable: ts.Expression): void;
  /** Identifier of a new site. */
  site(): string;
  /** Expression of the chunk with which a loop begins. */
  chunk(site: string): string;
  /** Expression that polls a site. */
  poll(site: string): string;
}

export class LoopEdits {
  private readonly file: ts.SourceFile;
  private readonly edits: Edits;
  private readonly names: LoopNames;
  private readonly visit: (node: ts.Node) => void;

  constructor(file: ts.SourceFile, edits: Edits, names: LoopNames, visit: (node: ts.Node) => void) {
    this.file = file;
    this.edits = edits;
    this.names = names;
    this.visit = visit;
  }

  /** `from`: where the loop begins, its labels included. */
  edit({ node, headCaptured }: Loop, from = node.getStart(this.file)): void {
    if (isShortLoop(node)) ts.forEachChild(node, this.visit);
    else if (ts.isForStatement(node) && !headCaptured && !hasUsing(node.initializer)) this.editFor(node, from);
    else if (ts.isWhileStatement(node)) this.editWhile(node, from);
    else if (ts.isDoStatement(node)) this.editDo(node, from);
    else if (ts.isForOfStatement(node) && !node.awaitModifier) this.editForOf(node, from);
    else this.countInBody(node, from);
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
    edits.insert(node.end, ` ${this.end(site)} }`);
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
    edits.insert(node.end, ` ${this.end(site)}`);
  }

  private editDo(node: ts.DoStatement, from: number): void {
    const { edits, file } = this;
    const site = this.names.site();
    edits.insert(from, this.start(site));
    this.visit(node.statement);
    edits.insert(node.expression.getStart(file), "(");
    this.visit(node.expression);
    edits.insert(node.expression.end, `) && ${this.countdown} >= 0`);
    edits.insert(node.end, ` ${this.end(site)}`);
  }

  /**
   * The steps of the iterator in an ordinary loop: V8 then sees through the iterator of an array, and no call in the loop
   * makes it look again at the array in every iteration (2.7 times slower). Left early, the iterator is closed, and what
   * goes wrong in closing hides no error of the body, as the language has it.
   */
  private editForOf(node: ts.ForOfStatement, from: number): void {
    const { edits, file } = this;
    const { initializer, expression, statement } = node;
    const { iterator, step, open, error } = this.names;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    const start = initializer.getStart(file);
    const next = `(${open} = false, ${step} = ${iterator}.next(), ${open} = !${step}.done)`;
    // The text of the head stands before that of the iterable, and is needed after it: the iterable is moved in front.
    edits.replace(from, start, "{ ");
    edits.move(expression.getStart(file), expression.end, start, () => this.visit(expression), {
      before: `const ${iterator} = (`,
      after:
        `)[Symbol.iterator](); let ${open} = false; try { ${this.start(site)}${labels}` +
        `for (let ${step}; ${this.countdown} >= 0 && ${next};) { `,
    });
    const assigns = !ts.isVariableDeclarationList(initializer) || !this.names.declares(initializer);
    if (assigns) edits.insert(start, "(");
    this.visit(initializer);
    edits.insert(initializer.end, ` = ${step}.value${assigns ? ")" : ""}; `);
    edits.remove(initializer.end, expression.getStart(file));
    edits.remove(expression.end, statement.getStart(file));
    this.visit(statement);
    const close = `${iterator}.return?.();`;
    edits.insert(
      node.end,
      ` } ${this.end(site)} } catch (${error}) { if (${open}) { ${open} = false; try { ${close} } catch {} } throw ${error}; } ` +
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

  private end(site: string): string {
    return `if (${this.names.counter} >= 0) break; ${this.names.poll(site)}; }`;
  }
}

function hasUsing(initializer: ts.ForInitializer | undefined): boolean {
  return initializer !== undefined && ts.isVariableDeclarationList(initializer) && syntaxOf(initializer) === "using";
}
