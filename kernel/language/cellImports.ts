/** `import` and `export … from` of a cell: calls that load the module, and boxes that take what it exports. */
import ts from "typescript";
import type { Edits, Piece } from "./edits.ts";
import { COMMAND } from "./shell.ts";
import type { Variables } from "./variables.ts";

interface Parts {
  file: ts.SourceFile;
  edits: Edits;
  variables: Variables;
  /** Identifier of the runtime in the code. */
  runtime: string;
  unique: (base: string) => string;
}

export class CellImports {
  /** What stands above the cell's other statements. */
  readonly atBeginning: Piece[] = [];
  private readonly parts: Parts;
  /** Where the first command is. */
  private readonly command: number;

  constructor(parts: Parts) {
    this.parts = parts;
    const at = parts.file.text.indexOf(COMMAND);
    this.command = at < 0 ? Infinity : at;
  }

  /** Imports go to the beginning, but not above a command: it may install what they import. */
  edit(statement: ts.ImportDeclaration | ts.ExportDeclaration): void {
    const { edits, file } = this.parts;
    const start = statement.getStart(file);
    const pieces = ts.isImportDeclaration(statement) ? this.importPieces(statement) : this.exportPieces(statement);
    if (start < this.command) this.atBeginning.push(...pieces);
    edits.replace(start, statement.end, start < this.command ? "" : pieces.map(({ text }) => text).join(""));
  }

  private exportPieces(statement: ts.ExportDeclaration): Piece[] {
    const { moduleSpecifier, attributes } = statement;
    return moduleSpecifier ? [this.load(statement, moduleSpecifier, attributes).piece] : [];
  }

  private importPieces(statement: ts.ImportDeclaration): Piece[] {
    const { file, variables } = this.parts;
    const { importClause, moduleSpecifier, attributes } = statement;
    const { name: module, piece } = this.load(statement, moduleSpecifier, attributes);
    const specifier = moduleSpecifier.getText(file);
    const bind = (local: ts.Identifier, exported: string): Piece => {
      const { box } = variables.declaredBy(local);
      return { text: `${box}.import(${module}, ${exported}, ${specifier}); `, from: local.getStart(file) };
    };
    const pieces = [piece];
    if (importClause?.name) pieces.push(bind(importClause.name, `"default"`));
    const bindings = importClause?.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) pieces.push(bind(bindings.name, "void 0"));
    else {
      for (const { name, propertyName } of bindings?.elements ?? []) {
        pieces.push(bind(name, JSON.stringify((propertyName ?? name).text)));
      }
    }
    return pieces;
  }

  private load(
    statement: ts.Statement,
    specifier: ts.Expression,
    attributes: ts.ImportAttributes | undefined,
  ): { name: string; piece: Piece } {
    const { file, runtime, unique } = this.parts;
    const name = unique("$module");
    const given = attributes?.elements.map((element) => element.getText(file)).join(", ");
    const options = given === undefined ? "" : `, { with: { ${given} } }`;
    const text = `const ${name} = await ${runtime}.import(${specifier.getText(file)}${options}); `;
    return { name, piece: { text, from: statement.getStart(file) } };
  }
}
