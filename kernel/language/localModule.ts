/** A local file as the session evaluates it: an ES module that the session links, or a CommonJS module. */
import ts from "typescript";
import { checkEarlyErrors } from "./earlyErrors.ts";
import type { SourceMapV3 } from "./edits.ts";
import { erase } from "./erase.ts";
import { isModuleSyntax, linkModule, type LinkedCode } from "./linkedModule.ts";
import { rewriteModule } from "./moduleCode.ts";
import { parse } from "./parse.ts";
import { sourceMap } from "./transform.ts";

export type { LinkedCode, ModuleRequest, ModuleScope } from "./linkedModule.ts";

/** `map` is undefined where the code is the file's own text. */
export type LocalCode =
  | (LinkedCode & { kind: "module"; map: SourceMapV3 })
  /** The body of a function of `exports, require, module, __filename, __dirname` and `importName`, which is its `import()`. */
  | { kind: "commonjs"; code: string; map: SourceMapV3 | undefined; importName: string };

/** As long as the word that it stands for, so that nothing moves. */
const IMPORT = "$mport";

const DECLARATIONS = /\.d(\.[cm]?ts)$/;
const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * A file that has the syntax of an ES module is one, and so is TypeScript that does not speak of `module` or `exports`;
 * for other JavaScript its package says so.
 * @throws CellSyntaxError
 * @param options.packageType what the nearest package.json says under "type".
 */
export function transformLocal(
  source: string,
  { filename, packageType }: { filename: string; packageType: string | undefined },
): LocalCode {
  const text = DECLARATIONS.test(filename) ? "" : source;
  // Read without JSX, which is then refused by name.
  const fileName = filename.replace(DECLARATIONS, "$1").replace(/x$/, "");
  const typescript = TYPESCRIPT.test(filename);
  if (!typescript && isCommonJS(text, fileName, packageType)) {
    const code = withOwnImport(text.replace(/^#!/, "//"));
    return { kind: "commonjs", code, map: undefined, importName: IMPORT };
  }
  const { js, mappings } = erase(text, { fileName, isCell: false });
  if (typescript && isCommonJSTypeScript(js, fileName)) {
    const { code, mappings: out } = rewriteModule(js, mappings);
    return { kind: "commonjs", code: withOwnImport(code), map: sourceMap(filename, source, out), importName: IMPORT };
  }
  const { mappings: out, ...linked } = linkModule(js, mappings);
  checkEarlyErrors(linked.code, out, { js, mappings });
  return { kind: "module", ...linked, map: sourceMap(filename, source, out) };
}

function isCommonJS(text: string, fileName: string, packageType: string | undefined): boolean {
  if (/\.[cm]js$/.test(fileName)) return fileName.endsWith(".cjs");
  if (packageType === "module") return false;
  return !isModuleSyntax(parse(text, { name: fileName }).file);
}

/** `export = x` has become `module.exports = x`. */
function isCommonJSTypeScript(js: string, fileName: string): boolean {
  if (fileName.endsWith(".mts") || isModuleSyntax(parse(js, { name: "module.js" }).file)) return false;
  return fileName.endsWith(".cts") || /\bmodule\.exports\b|\bexports\.\w/.test(js);
}

function withOwnImport(code: string): string {
  if (!/\bimport\b/.test(code)) return code;
  const { file } = parse(code, { name: "module.js" });
  let out = code;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const { end } = node.expression;
      out = out.slice(0, end - IMPORT.length) + IMPORT + out.slice(end);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return out;
}
