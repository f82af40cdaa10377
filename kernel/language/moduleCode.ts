/** Second pass for a file that stays the module it is: its loops can be interrupted. See linkedModule.ts for the others. */
import ts from "typescript";
import { Edits, type Mappings } from "./edits.ts";
import { LoopEdits, loopLocals } from "./loops.ts";
import { parseJavaScript } from "./parse.ts";
import { analyse, type Analysis } from "./scope.ts";

export function rewriteModule(js: string, mappings: Mappings): { code: string; mappings: string } {
  const file = parseJavaScript(js);
  const edits = new Edits();
  const loops = new ModuleLoops(file, analyse(file), edits, visit);
  function visit(node: ts.Node): void {
    if (!loops.edit(node)) ts.forEachChild(node, visit);
  }
  visit(file);
  return edits.apply(js, mappings, [], loops.tail());
}

/** The loops of a module, which poll through a global: no cell's function hands them the runtime. */
export class ModuleLoops {
  readonly unique: (base: string) => string;
  private readonly file: ts.SourceFile;
  private readonly analysis: Analysis;
  private readonly loops: LoopEdits;
  private readonly sites: string[] = [];
  private readonly newSite: string;
  private readonly poll: string;
  private readonly iteratorOf: string;
  private readonly elementsOf: string;

  constructor(file: ts.SourceFile, analysis: Analysis, edits: Edits, visit: (node: ts.Node) => void) {
    const unique = (base: string): string => (analysis.identifiers.has(base) ? unique(`$${base}`) : base);
    this.unique = unique;
    this.file = file;
    this.analysis = analysis;
    this.newSite = unique("$newSite");
    this.poll = unique("$poll");
    this.iteratorOf = unique("$iteratorOf");
    this.elementsOf = unique("$elementsOf");
    const { top, inner } = analysis;
    const names = {
      ...loopLocals(unique),
      declares: () => true,
      // An import may change at any time.
      isSteady: (name: ts.Identifier) =>
        inner.has(name) || (top.has(name.text) && top.get(name.text)!.syntax !== "import"),
      text: (name: ts.Identifier) => name.text,
      awaitEach: visit,
      site: () => {
        const name = unique(`$site${this.sites.length + 1}`);
        this.sites.push(name);
        return name;
      },
      // In a cycle of imports a function may be called before its module has begun: only `var` and functions are there.
      chunk: (at: string) => `(${at} ??= ${this.newSite}()).chunk`,
      poll: (at: string) => `${this.poll}(${at} ??= ${this.newSite}())`,
      iteratorOf: (iterable: string, text: string) => `${this.iteratorOf}(${iterable}, ${JSON.stringify(text)})`,
      elementsOf: (value: string, count: number) => `${this.elementsOf}(${value}, ${count})`,
    };
    this.loops = new LoopEdits(file, analysis, edits, names, visit);
  }

  /** False when the node is no loop, or is one that is as good as none. */
  edit(node: ts.Node): boolean {
    const loop = this.analysis.loops.get(ts.isLabeledStatement(node) ? innermost(node) : node);
    if (loop) this.loops.edit(loop, node.getStart(this.file));
    return loop !== undefined;
  }

  /** At the end, where it moves no line; hoisting makes it known above. Outside a notebook nobody interrupts. */
  tail(): string {
    if (this.sites.length === 0) return "";
    const runtime = this.unique("$runtime");
    return `var ${this.sites.join(", ")};
function ${runtime}() { return globalThis[Symbol.for("gradbook.runtime")]; }
function ${this.newSite}() { return ${runtime}()?.site() ?? { chunk: 0x3fffffff }; }
function ${this.poll}(site) { return ${runtime}()?.poll(site) ?? site.chunk; }
function ${this.iteratorOf}(x, text) { return ${runtime}() ? ${runtime}().iteratorOf(x, text) : x[Symbol.iterator](); }
function ${this.elementsOf}(x, n) { if (${runtime}()) return ${runtime}().elementsOf(x, n); const list = []; for (const y of x) if (list.push(y) >= n) break; return list; }
`;
  }
}

function innermost(node: ts.Statement): ts.Statement {
  return ts.isLabeledStatement(node) ? innermost(node.statement) : node;
}
