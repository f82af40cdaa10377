/**
 * What kind of module a file is, as the kernel runs it. TypeScript goes by the nearest package.json; but cells and local
 * TypeScript always are ES modules here, and Node itself looks into a `.js` file of which no package.json says what it is.
 */
import ts from "typescript";

const SAYS_ITSELF = /\.[mc][tj]s$|\.json$/;
const ES_SYNTAX = /^\s*(?:import\s*["'{*\w]|export\s*(?:\{|\*|default|const|let|var|function|class|async))/m;

function formatOf(fileName: string, text: string, said: ts.CreateSourceFileOptions): ts.ResolutionMode {
  if (SAYS_ITSELF.test(fileName) || fileName.includes("/node_modules/")) return said.impliedNodeFormat;
  if (/\.tsx?$/.test(fileName)) return ts.ModuleKind.ESNext;
  if (said.impliedNodeFormat === ts.ModuleKind.ESNext) return ts.ModuleKind.ESNext;
  return ES_SYNTAX.test(text) ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
}

/** A registry of documents that gives each its format. */
export function registryWithFormats(): ts.DocumentRegistry {
  const registry = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames);
  const withFormat = (
    fileName: string,
    snapshot: ts.IScriptSnapshot,
    options: ts.CreateSourceFileOptions | ts.ScriptTarget | undefined,
  ): ts.CreateSourceFileOptions => {
    const said = typeof options === "object" ? options : { languageVersion: options ?? ts.ScriptTarget.Latest };
    const impliedNodeFormat = formatOf(fileName, snapshot.getText(0, snapshot.getLength()), said);
    return { ...said, impliedNodeFormat };
  };
  return {
    ...registry,
    acquireDocumentWithKey: (name, path, host, key, snapshot, version, kind, options) =>
      registry.acquireDocumentWithKey(
        name,
        path,
        host,
        key,
        snapshot,
        version,
        kind,
        withFormat(name, snapshot, options),
      ),
    updateDocumentWithKey: (name, path, host, key, snapshot, version, kind, options) =>
      registry.updateDocumentWithKey(
        name,
        path,
        host,
        key,
        snapshot,
        version,
        kind,
        withFormat(name, snapshot, options),
      ),
  };
}
