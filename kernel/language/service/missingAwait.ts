/**
 * `await` where it was forgotten at the top of a cell. TypeScript offers it only inside async functions, although it says
 * everywhere that it may have been forgotten.
 */
import ts from "typescript";
import type { CellFile } from "./cellFile.ts";
import type { NotebookService } from "./service.ts";

const FORGOTTEN = 2773;

/** What to change in the code to mend the mistake that begins at `start`; undefined when it is another mistake. */
export function missingAwait(
  service: NotebookService,
  file: CellFile,
  start: number,
  code: number,
): ts.TextChange[] | undefined {
  const found = service.ts.getSemanticDiagnostics(file.path).find(
    (diagnostic) =>
      diagnostic.start === start &&
      diagnostic.code === code &&
      // Said at the same place: elsewhere it is another expression that is to be awaited.
      diagnostic.relatedInformation?.some((related) => related.code === FORGOTTEN && related.start === start),
  );
  if (!found) return undefined;
  const { expression, inside } = expressionAt(service.program.getSourceFile(file.path)!, start, found.length!);
  if (!expression || ts.findAncestor(expression, ts.isFunctionLike)) return undefined;
  const at = expression.getStart();
  if (!inside) return [insert(at, "await ")];
  return [insert(at, "(await "), insert(expression.end, ")")];
}

/** The promise; `inside` when something is done with it that `await` would not wait for. */
function expressionAt(
  source: ts.SourceFile,
  start: number,
  length: number,
): { expression: ts.Expression | undefined; inside: boolean } {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (node.getStart(source) <= start && node.end >= start + length) {
      found = node;
      ts.forEachChild(node, visit);
    }
  };
  visit(source);
  while (found?.parent && found.parent.getStart(source) === start && found.parent.end === start + length) {
    found = found.parent;
  }
  if (found && ts.isPropertyAccessExpression(found.parent) && found.parent.name === found) {
    return { expression: found.parent.expression, inside: true };
  }
  if (!found || !ts.isExpression(found)) return { expression: undefined, inside: false };
  const { parent } = found;
  const inside =
    (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
    parent.expression === found;
  return { expression: found, inside };
}

function insert(start: number, newText: string): ts.TextChange {
  return { span: { start, length: 0 }, newText };
}
