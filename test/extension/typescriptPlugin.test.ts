import assert from "node:assert/strict";
import ts from "typescript";
import { notebookName, notebookOfFile } from "../../extension/typescriptPlugin/configuration.ts";
import createPlugin from "../../extension/typescriptPlugin/main.ts";

const cell = (notebook: string, fragment = "W0sZmlsZQ%3D%3D") =>
  `^/vscode-notebook-cell/ts-nul-authority${notebook}#${fragment}`;
const OURS = cell("/home/me/ours.ipynb");
const OTHER = cell("/home/me/other.ipynb");
const FILE = "/home/me/file.ts";
const TEXT = `const unused: number = "text"; functionOf({ a: 1 }).then; export {};
function functionOf<T>(x: T) { var local = 1; return x }
functionOf(`;
const AT = TEXT.indexOf("functionOf(");
const END = TEXT.length;

/** A language service over these files, and the plugin around it, as TypeScript's server makes them. */
function serve(texts: { [file: string]: string }, serverMode = ts.LanguageServiceMode.Semantic) {
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({ lib: [], noLib: true, types: [], allowNonTsExtensions: true }),
    getScriptFileNames: () => Object.keys(texts),
    getScriptVersion: () => "1",
    getScriptKind: () => ts.ScriptKind.TS,
    getScriptSnapshot: (file) => (file in texts ? ts.ScriptSnapshot.fromString(texts[file]!) : undefined),
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => "lib.d.ts",
    fileExists: (file) => file in texts,
    readFile: (file) => texts[file],
  };
  const plain = ts.createLanguageService(host);
  let refreshed = 0;
  const plugin = createPlugin({ typescript: ts });
  const service = plugin.create({
    languageService: plain,
    languageServiceHost: host,
    serverHost: host,
    project: { projectService: { serverMode }, refreshDiagnostics: () => void refreshed++ },
    config: { name: "gradbook-typescript-plugin", global: true },
  } as unknown as ts.server.PluginCreateInfo);
  const configure = (...notebooks: string[]) => plugin.onConfigurationChanged!({ notebooks });
  return { plain, service, configure, refreshed: () => refreshed };
}

const FORMAT = ts.getDefaultFormatCodeSettings("\n");
/** Everything that VS Code asks for one file, by the method's name. */
const questions: { [Name in keyof ts.LanguageService]?: (service: ts.LanguageService, file: string) => unknown } = {
  getSyntacticDiagnostics: (s, file) => s.getSyntacticDiagnostics(file).map(({ code }) => code),
  getSemanticDiagnostics: (s, file) => s.getSemanticDiagnostics(file).map(({ code }) => code),
  getSuggestionDiagnostics: (s, file) => s.getSuggestionDiagnostics(file).map(({ code }) => code),
  getCompletionsAtPosition: (s, file) => s.getCompletionsAtPosition(file, END, undefined)?.entries.length,
  getCompletionEntryDetails: (s, file) =>
    s.getCompletionEntryDetails(file, END, "functionOf", FORMAT, undefined, undefined, undefined)?.name,
  getCompletionEntrySymbol: (s, file) => s.getCompletionEntrySymbol(file, END, "functionOf", undefined)?.name,
  getQuickInfoAtPosition: (s, file) => s.getQuickInfoAtPosition(file, AT)?.textSpan,
  getSignatureHelpItems: (s, file) => s.getSignatureHelpItems(file, END, undefined)?.items.length,
  getDefinitionAtPosition: (s, file) => s.getDefinitionAtPosition(file, AT)?.length,
  getDefinitionAndBoundSpan: (s, file) => s.getDefinitionAndBoundSpan(file, AT)?.textSpan,
  getTypeDefinitionAtPosition: (s, file) => s.getTypeDefinitionAtPosition(file, AT)?.length,
  getReferencesAtPosition: (s, file) => s.getReferencesAtPosition(file, AT)?.length,
  findReferences: (s, file) => s.findReferences(file, AT)?.length,
  getDocumentHighlights: (s, file) => s.getDocumentHighlights(file, AT, [file])?.length,
  getRenameInfo: (s, file) => s.getRenameInfo(file, AT, {}).canRename || undefined,
  findRenameLocations: (s, file) => s.findRenameLocations(file, AT, false, false, {})?.length,
  getCodeFixesAtPosition: (s, file) => s.getCodeFixesAtPosition(file, 6, 12, [6133], FORMAT, {}).length,
  provideInlayHints: (s, file) =>
    s.provideInlayHints(file, { start: 0, length: END }, { includeInlayParameterNameHints: "all" }).length,
  organizeImports: (s, file) => s.organizeImports({ type: "file", fileName: file }, FORMAT, {}).length,
  getCombinedCodeFix: (s, file) =>
    s.getCombinedCodeFix({ type: "file", fileName: file }, "unusedIdentifier_delete", FORMAT, {}).changes.length,
};
/** What stays, since the text alone tells it, or since the kernel does not offer it. */
const kept: typeof questions = {
  getEncodedSemanticClassifications: (s, file) =>
    s.getEncodedSemanticClassifications(file, { start: 0, length: END }, ts.SemanticClassificationFormat.TwentyTwenty),
  getOutliningSpans: (s, file) => s.getOutliningSpans(file).length,
  getNavigationTree: (s, file) => s.getNavigationTree(file).childItems?.length,
  getSmartSelectionRange: (s, file) => s.getSmartSelectionRange(file, AT).textSpan,
  getFormattingEditsForDocument: (s, file) => s.getFormattingEditsForDocument(file, FORMAT),
  getBraceMatchingAtPosition: (s, file) => s.getBraceMatchingAtPosition(file, TEXT.indexOf("{")),
  getApplicableRefactors: (s, file) =>
    s.getApplicableRefactors(file, { pos: TEXT.indexOf("var"), end: TEXT.indexOf("; return") + 1 }, {}),
};
const NOTHING = [undefined, 0, "[]"];
const isNothing = (answer: unknown) =>
  NOTHING.includes(Array.isArray(answer) ? JSON.stringify(answer) : (answer as number));

describe("the plugin in VS Code's TypeScript server", () => {
  const { plain, service, configure, refreshed } = serve({ [OURS]: TEXT, [OTHER]: TEXT, [FILE]: TEXT });

  for (const [name, ask] of Object.entries(questions)) {
    it(`${name}: nothing for a cell that the kernel answers for, and all other files as before`, () => {
      configure("/home/me/ours.ipynb");
      // Otherwise this row could not fail. (Nothing is there to organize.)
      if (name !== "organizeImports") assert.ok(!isNothing(ask(plain, OURS)), `${name} has an answer`);
      assert.ok(isNothing(ask(service, OURS)), JSON.stringify(ask(service, OURS)));
      for (const file of [OTHER, FILE]) assert.deepEqual(ask(service, file), ask(plain, file));
      configure();
      assert.deepEqual(ask(service, OURS), ask(plain, OURS));
    });
  }

  for (const [name, ask] of Object.entries(kept)) {
    it(`${name} stays`, () => {
      configure("/home/me/ours.ipynb");
      assert.ok(!isNothing(ask(plain, OURS)));
      assert.deepEqual(ask(service, OURS), ask(plain, OURS));
    });
  }

  it("organizing imports, with imports", () => {
    const { plain, service, configure } = serve({ [OURS]: 'import { b, a } from "x"; a; b;' });
    const organize = (s: ts.LanguageService) => s.organizeImports({ type: "file", fileName: OURS }, FORMAT, {}).length;
    configure("/home/me/ours.ipynb");
    assert.deepEqual([organize(plain), organize(service)], [1, 0]);
  });

  it("a change makes VS Code ask again, and a project that is made later knows what was said", () => {
    const before = refreshed();
    configure("/home/me/ours.ipynb");
    assert.equal(refreshed(), before + 1);
    const later = createPlugin({ typescript: ts }).create({
      languageService: plain,
      project: { projectService: { serverMode: ts.LanguageServiceMode.Semantic } },
      config: { name: "gradbook-typescript-plugin", notebooks: ["/home/me/ours.ipynb"] },
    } as unknown as ts.server.PluginCreateInfo);
    assert.equal(later.getQuickInfoAtPosition(OURS, AT), undefined);
    assert.notEqual(later.getQuickInfoAtPosition(OTHER, AT), undefined);
  });

  it("the server that gets no configuration is silent about notebooks whose files name Gradbook", () => {
    const notebook = (name: string) =>
      JSON.stringify(
        {
          cells: [{ source: '{"kernelspec":{"name":"gradbook"}}' }],
          metadata: { kernelspec: { display_name: "x", name } },
        },
        null,
        1,
      );
    const texts = {
      [OURS]: TEXT,
      [OTHER]: TEXT,
      "/home/me/ours.ipynb": notebook("gradbook"),
      "/home/me/other.ipynb": notebook("deno"),
    };
    const { service } = serve(texts, ts.LanguageServiceMode.PartialSemantic);
    assert.equal(service.getQuickInfoAtPosition(OURS, AT), undefined);
    assert.notEqual(service.getQuickInfoAtPosition(OTHER, AT), undefined);
  });

  it("formatting leaves commands for the shell as they are, and formats the rest", () => {
    const text = "!npm install left-pad\nconst a=1\n  !ls -la|wc\nif (!a&&b) {}\n!a&&f( )";
    const { service } = serve({ [OURS]: text }, ts.LanguageServiceMode.PartialSemantic);
    const edits = service.getFormattingEditsForDocument(OURS, FORMAT).sort((x, y) => y.span.start - x.span.start);
    const formatted = edits.reduce(
      (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.start + span.length),
      text,
    );
    assert.equal(formatted, "!npm install left-pad\nconst a = 1\n  !ls -la|wc\nif (!a && b) { }\n!a && f()");
  });

  const names: [claim: string, file: string, notebook: string | undefined][] = [
    ["a cell", OURS, "/home/me/ours.ipynb"],
    ["a cell of a notebook on another machine", "^/vscode-notebook-cell/ssh/a b.ipynb#W1", "/a b.ipynb"],
    ["a cell of a notebook with # in its name", cell("/c#/x#1.ipynb"), "/c#/x#1.ipynb"],
    ["a cell of one that was never saved", cell(notebookName("Untitled-1.ipynb")), "/Untitled-1.ipynb"],
    ["a file", "/vscode-notebook-cell/x.ts", undefined],
    ["another scheme", "^/untitled/ts-nul-authority/x.ipynb#W0", undefined],
  ];
  for (const [claim, file, notebook] of names) {
    it(`${claim} is ${notebook ? "known" : "no cell"} by its file's name`, () =>
      assert.equal(notebookOfFile(file), notebook));
  }
});
