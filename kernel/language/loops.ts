/**
 * Loops that ask now and then whether they may go on, at no cost per iteration that one could measure.
 *
 * A test of a shared flag in every iteration costs up to six times the loop. So an inner loop runs a chunk of iterations,
 * counted down in a register, and an outer one polls:
 *
 *     for (INIT; COND; UPDATE) BODY
 *     { INIT; let k = site.chunk; for (;;) { for (; (k = (k - 1) | 0) >= 0 && (COND); UPDATE) BODY if (k >= 0) break; k = poll(site); } }
 *
 * Labels stay on the inner loop, so that `break` and `continue` find it. Where each iteration has its own variables that
 * a function may hold (`let` in the head, `for … of`, `for … in`) the body counts.
 */
import ts from "typescript";
import type { Edits } from "./edits.ts";
import { syntaxOf, type Loop } from "./scope.ts";

export interface LoopNames {
  /** The counter: `$k`. */
  counter: string;
  /** Identifier of a new site: `$s1`. */
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
    if (ts.isForStatement(node) && !headCaptured && !hasUsing(node.initializer)) this.editFor(node, from);
    else if (ts.isWhileStatement(node)) this.editWhile(node, from);
    else if (ts.isDoStatement(node)) this.editDo(node, from);
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
    edits.insert(node.end, this.end(site));
  }

  private editWhile(node: ts.WhileStatement, from: number): void {
    const { edits, file } = this;
    const labels = file.text.slice(from, node.getStart(file));
    const site = this.names.site();
    edits.replace(
      from,
      node.expression.getStart(file),
      `{ ${this.start(site)}${labels}while (${this.countdown} >= 0 && (`,
    );
    this.visit(node.expression);
    edits.insert(node.expression.end, ")");
    this.visit(node.statement);
    edits.insert(node.end, this.end(site));
  }

  private editDo(node: ts.DoStatement, from: number): void {
    const { edits, file } = this;
    const site = this.names.site();
    edits.insert(from, `{ ${this.start(site)}`);
    this.visit(node.statement);
    edits.insert(node.expression.getStart(file), "(");
    this.visit(node.expression);
    edits.insert(node.expression.end, `) && ${this.countdown} >= 0`);
    edits.insert(node.end, this.end(site));
  }

  private countInBody(node: ts.IterationStatement, from: number): void {
    const { edits, file } = this;
    const { counter } = this.names;
    const site = this.names.site();
    const count = ` if (${this.countdown} < 0) ${counter} = ${this.names.poll(site)};`;
    edits.insert(from, `{ let ${counter} = ${this.names.chunk(site)}; `);
    ts.forEachChild(node, (child) => {
      if (child !== node.statement) this.visit(child);
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
    return `let ${this.names.counter} = ${this.names.chunk(site)}; for (;;) { `;
  }

  private end(site: string): string {
    const { counter } = this.names;
    return ` if (${counter} >= 0) break; ${counter} = ${this.names.poll(site)}; } }`;
  }
}

function hasUsing(initializer: ts.ForInitializer | undefined): boolean {
  return initializer !== undefined && ts.isVariableDeclarationList(initializer) && syntaxOf(initializer) === "using";
}
