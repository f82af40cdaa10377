/** Second pass for a local module: it stays the module it is, and its loops can be interrupted. */
import ts from "typescript";
import { Edits, type Mappings } from "./edits.ts";
import { LoopEdits } from "./loops.ts";
import { parseJavaScript } from "./parse.ts";
import { analyse } from "./scope.ts";

export function rewriteModule(js: string, mappings: Mappings): { code: string; mappings: string } {
  const file = parseJavaScript(js);
  const { loops, identifiers } = analyse(file);
  const unique = (base: string): string => (identifiers.has(base) ? unique(`$${base}`) : base);
  const newSite = unique("$newSite");
  const poll = unique("$poll");
  const runtime = unique("$runtime");
  const site = unique("$site");
  const sites: string[] = [];
  const edits = new Edits();
  const names = {
    counter: unique("$k"),
    iterator: unique("$iterator"),
    step: unique("$step"),
    open: unique("$open"),
    error: unique("$error"),
    declares: () => true,
    awaitEach: visit,
    site: () => {
      const name = unique(`${site}${sites.length + 1}`);
      sites.push(name);
      return name;
    },
    // In a cycle of imports a function may be called before its module has begun: only `var` and functions are there.
    chunk: (at: string) => `(${at} ??= ${newSite}()).chunk`,
    poll: (at: string) => `${poll}(${at})`,
  };
  const loopEdits = new LoopEdits(file, edits, names, visit);
  function visit(node: ts.Node): void {
    const loop = loops.get(ts.isLabeledStatement(node) ? innermost(node) : node);
    if (loop) loopEdits.edit(loop, node.getStart(file));
    else ts.forEachChild(node, visit);
  }
  visit(file);
  // At the end, where it moves no line; hoisting makes it known above. Outside a notebook nobody interrupts.
  const tail =
    sites.length === 0
      ? ""
      : `var ${sites.join(", ")};
function ${runtime}() { return globalThis[Symbol.for("gradbook.runtime")]; }
function ${newSite}() { return ${runtime}()?.site() ?? { chunk: 0x3fffffff }; }
function ${poll}(site) { return ${runtime}()?.poll(site) ?? site.chunk; }
`;
  return edits.apply(js, mappings, [], tail);
}

function innermost(node: ts.Statement): ts.Statement {
  return ts.isLabeledStatement(node) ? innermost(node.statement) : node;
}
