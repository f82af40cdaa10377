/** A language service that has nothing to say about some files. */
import type ts from "typescript";

type Methods = { [Name in keyof ts.LanguageService]-?: NonNullable<ts.LanguageService[Name]> };

/**
 * What a method answers when it has nothing to say; each takes the file's name first. Not here, and so as always: what the
 * text alone tells (folding, outline, selection, formatting, brackets), semantic colours, and what the kernel does not
 * offer (refactorings, implementations, calls).
 */
export const NOTHING: { [Name in keyof Methods]?: () => ReturnType<Methods[Name]> } = {
  getSyntacticDiagnostics: () => [],
  getSemanticDiagnostics: () => [],
  getSuggestionDiagnostics: () => [],
  getCompletionsAtPosition: () => undefined,
  getCompletionEntryDetails: () => undefined,
  getCompletionEntrySymbol: () => undefined,
  getQuickInfoAtPosition: () => undefined,
  getSignatureHelpItems: () => undefined,
  getDefinitionAtPosition: () => undefined,
  getDefinitionAndBoundSpan: () => undefined,
  getTypeDefinitionAtPosition: () => undefined,
  getReferencesAtPosition: () => undefined,
  findReferences: () => undefined,
  getFileReferences: () => [],
  getDocumentHighlights: () => undefined,
  getRenameInfo: () => ({ canRename: false, localizedErrorMessage: "" }),
  findRenameLocations: () => undefined,
  getCodeFixesAtPosition: () => [],
  provideInlayHints: () => [],
  preparePasteEditsForFile: () => false,
};

/** The same for methods that take an object with the file's name in it. */
const NOTHING_IN: { [Name in "organizeImports" | "getCombinedCodeFix" | "getPasteEdits"]: ReturnType<Methods[Name]> } =
  {
    organizeImports: [],
    getCombinedCodeFix: { changes: [] },
    getPasteEdits: { edits: [] },
  };
const fileIn = (scope: { fileName?: string; targetFile?: string }): string => scope.fileName ?? scope.targetFile ?? "";

/** Refactorings that would put code into a file, which a cell has none beside. */
const TO_FILES = new Set(["Move to a new file", "Move to file"]);

/** The service, but silent about the files that `isSilent` names. */
export function silence(service: ts.LanguageService, isSilent: (fileName: string) => boolean): ts.LanguageService {
  const quiet = { ...service };
  const wrap = (name: string, silentFor: (first: never) => boolean, nothing: () => unknown): void => {
    const speak = service[name as keyof ts.LanguageService] as ((...args: unknown[]) => unknown) | undefined;
    // An older TypeScript of the workspace has fewer methods.
    if (!speak) return;
    const answer = (...args: unknown[]): unknown => (silentFor(args[0] as never) ? nothing() : speak(...args));
    (quiet as unknown as { [name: string]: unknown })[name] = answer;
  };
  for (const [name, nothing] of Object.entries(NOTHING)) wrap(name, isSilent, nothing);
  for (const [name, nothing] of Object.entries(NOTHING_IN)) {
    wrap(
      name,
      (scope: object) => isSilent(fileIn(scope)),
      () => nothing,
    );
  }
  quiet.getApplicableRefactors = (fileName, ...rest) => {
    const refactorings = service.getApplicableRefactors(fileName, ...rest);
    return isSilent(fileName) ? refactorings.filter(({ name }) => !TO_FILES.has(name)) : refactorings;
  };
  return quiet;
}
