/** TypeScript's language service over one notebook, and the way between its places and the editor's. */
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { Location, Range } from "vscode-languageserver-types";
import type { At } from "../../protocol/language.ts";
import type { CellFile } from "./cellFile.ts";
import { CellText } from "./cellText.ts";
import { Host } from "./host.ts";
import { Lines } from "./lines.ts";
import { registryWithFormats } from "./moduleFormat.ts";
import { Notebook } from "./notebook.ts";
import { slashes, type TypeFiles } from "./typeFiles.ts";

export interface ServiceOptions {
  /** The notebook's folder. */
  folder: string;
  types: TypeFiles;
}

export class NotebookService {
  readonly notebook: Notebook;
  readonly host: Host;
  readonly ts: ts.LanguageService;
  private readonly types: TypeFiles;

  constructor({ folder, types }: ServiceOptions) {
    const cell = new CellText(ts.sys.readFile(types.cellGlobals) ?? "");
    for (const [name, { exported }] of cell.declares) if (!exported) cell.declares.delete(name);
    const globals = { specifier: "gradbook/notebook", cell };
    this.types = types;
    this.notebook = new Notebook({ folder: slashes(folder), globals });
    this.host = new Host({ folder, notebook: this.notebook, types });
    this.ts = ts.createLanguageService(this.host.languageServiceHost(), registryWithFormats());
  }

  get program(): ts.Program {
    return this.ts.getProgram()!;
  }

  /** A place of the editor as TypeScript's: a file, and the offset in its code. */
  place({ textDocument, position }: At): { file: CellFile; path: string; offset: number } {
    const file = this.notebook.cell(textDocument.uri);
    this.notebook.link();
    return { file, path: file.path, offset: file.toCode(file.cell.lines.offset(position)) };
  }

  /** In a cell; undefined when the span is in generated code. */
  range(file: CellFile, { start, length }: ts.TextSpan): Range | undefined {
    const from = file.toCell(start);
    if (from === undefined) return undefined;
    const to = file.toCell(start + length) ?? from;
    return { start: file.cell.lines.position(from), end: file.cell.lines.position(to) };
  }

  /** In a cell of the document or in a file; undefined for generated code and for what no editor shows. */
  location(path: string, span: ts.TextSpan): Location | undefined {
    const cell = this.notebook.fileAt(path);
    if (cell) {
      const range = cell.uri === undefined ? undefined : this.range(cell, span);
      return range && { uri: cell.uri!, range };
    }
    const text = this.program.getSourceFile(path)?.text ?? ts.sys.readFile(path);
    if (text === undefined) return undefined;
    const lines = new Lines(text);
    const range = { start: lines.position(span.start), end: lines.position(span.start + span.length) };
    return { uri: pathToFileURL(path).href, range };
  }

  preferences(file: CellFile): ts.UserPreferences {
    const quotes = [file, ...this.notebook.cells].map(({ cell }) => cell.quote);
    return {
      quotePreference: quotes.find((quote) => quote !== undefined) ?? "double",
      includeCompletionsForModuleExports: true,
      includeCompletionsForImportStatements: true,
      includeCompletionsWithInsertText: true,
      includeAutomaticOptionalChainCompletions: true,
      importModuleSpecifierEnding: "js",
      // Whatever the library is made of, users import it as a whole; and cells need no imports from each other.
      autoImportFileExcludePatterns: this.types.inside,
      providePrefixAndSuffixTextForRename: true,
      allowRenameOfImportPath: false,
    };
  }

  /** A message without the paths by which TypeScript tells types of the same name apart. */
  readable(message: string): string {
    return message.replace(
      /import\("([^"]*)\/?(\[(?:cell|executed) \d+\])"(?:, \{[^)]*\})?\)\.(\w+)/g,
      (_whole, folder, name, type) => {
        const number = this.notebook.numberOf(`${folder}${name}.ts`);
        return number === undefined ? `${type} (executed)` : `${type} (cell ${number})`;
      },
    );
  }
}

export const FORMAT: ts.FormatCodeSettings = {
  ...ts.getDefaultFormatCodeSettings("\n"),
  indentSize: 2,
  tabSize: 2,
  semicolons: ts.SemicolonPreference.Ignore,
};
