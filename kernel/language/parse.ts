import ts from "typescript";

/** A syntax tree with what TypeScript found wrong in it. */
export interface Parsed {
  file: ts.SourceFile;
  errors: readonly ts.DiagnosticWithLocation[];
}

/** Parses text as a module, in which `await` is no name, also where nothing is imported or exported. */
export function parse(text: string, { name = "cell.ts", parents = false } = {}): Parsed {
  const file = ts.createSourceFile(
    name,
    text,
    {
      languageVersion: ts.ScriptTarget.ESNext,
      jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
      setExternalModuleIndicator: (made) => Object.assign(made, { externalModuleIndicator: true }),
    },
    parents,
  );
  return {
    file,
    errors: (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics,
  };
}

/** What TypeScript's emitter wrote: no types, no comments. */
export function parseJavaScript(js: string): ts.SourceFile {
  return parse(js, { name: "cell.js", parents: true }).file;
}
