/** Whether values fit the variables of a notebook's parameters: TypeScript checks them as assignments. */
import ts from "typescript";
import { parse } from "../../parse.ts";
import { boundNames, syntaxOf } from "../../scope.ts";
import type { ParameterDeclared } from "../../../protocol/language.ts";
import { messageFor } from "../messages.ts";
import type { Method } from "../method.ts";

export const parameters: Method<"notebook/parameters"> = (service, { textDocument, values }) => {
  service.host.refresh();
  const { cell } = service.notebook.cell(textDocument.uri);
  const { file } = parse(cell.code, { parents: true });
  const found = declarations(file);
  let code = cell.code;
  for (const { list } of found) {
    // A const has the type of its one value; what may stand in its place has the type that a variable would have.
    const at = list.getStart(file);
    if (syntaxOf(list) === "const") code = `${code.slice(0, at)}let  ${code.slice(at + "const".length)}`;
  }
  const known = values.filter(({ name }) => found.some((each) => each.declared.name === name));
  const assignments = known.map(({ name, value }) => `${name} = ${value.replace(/[\r\n]/g, " ")};`);
  // In a text that no other cell sees, with the names of all of them.
  const text = [code, ";", ...assignments].join("\n");
  const line = service.notebook.setLine(text);
  try {
    service.notebook.link();
    const first = text.split("\n").length - assignments.length;
    const wrong = new Map<string, string>();
    for (const diagnostic of service.ts.getSemanticDiagnostics(line.path)) {
      if (diagnostic.start === undefined || diagnostic.category !== ts.DiagnosticCategory.Error) continue;
      const range = service.range(line, { start: diagnostic.start, length: diagnostic.length ?? 0 });
      const given = range && known[range.start.line - first];
      if (!given || wrong.has(given.name)) continue;
      const said = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
      wrong.set(given.name, messageFor(diagnostic, service.readable(said), line));
    }
    const typeAt = (offset: number): string => {
      const info = service.ts.getQuickInfoAtPosition(line.path, line.toCode(offset));
      return service.readable(ts.displayPartsToString(info?.displayParts)).replace(/^(let|var) [^:]*: /, "");
    };
    return {
      declared: found.map(({ declared, at }) => ({ ...declared, type: declared.annotation ?? typeAt(at) })),
      wrong: [...wrong].map(([name, message]) => ({ name, message })),
    };
  } finally {
    service.notebook.setLine("");
  }
};

interface Found {
  declared: Omit<ParameterDeclared, "type">;
  list: ts.VariableDeclarationList;
  /** Offset of the name. */
  at: number;
}

/** The variables that stand at the top of a cell; one that is taken out of an object or a list has no annotation of its own. */
function declarations(file: ts.SourceFile): Found[] {
  const lists = file.statements.flatMap((statement) => (ts.isVariableStatement(statement) ? [statement] : []));
  return lists.flatMap(({ declarationList: list, modifiers }) => {
    const syntax = syntaxOf(list);
    if (syntax === "using" || modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) return [];
    const entries = list.declarations.flatMap(({ name, type }) =>
      boundNames(name).map((each) => ({ each, name, type })),
    );
    return entries.map(({ each, name, type }) => {
      const at = each.getStart(file);
      const line = file.getLineAndCharacterOfPosition(at).line;
      const annotation = type && each === name ? type.getText(file) : null;
      return { declared: { name: each.text, syntax, annotation, line }, list, at };
    });
  });
}
