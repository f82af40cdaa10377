/** The text of a local file to what the session can run. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { transformLocal, type LinkedCode, type ModuleScope } from "../../language/localModule.ts";
import { CellSyntaxError } from "../../language/transform.ts";
import { addPlaces, inlineMap, type StackMaps } from "../stack.ts";
import { packageOf } from "./resolver.ts";

/** What a CommonJS module gets. */
export interface CommonJSScope {
  module: { exports: unknown; filename: string };
  require: NodeJS.Require;
  import: ModuleScope["import"];
}

export type Code =
  | { kind: "json"; value: unknown }
  | { kind: "commonjs"; run: (scope: CommonJSScope) => void }
  | (Omit<LinkedCode, "code"> & { kind: "module"; run: (scope: ModuleScope) => Body });

export type Body = Generator<void, void> | AsyncGenerator<void, void>;

/** So many versions of a file keep their source map: errors may come from functions of older ones. */
const VERSIONS_WITH_MAPS = 10;
const versions = new Map<string, number>();

interface File {
  key: string;
  file: string;
  text: string;
  maps: StackMaps;
}

/** @throws SyntaxError with the place in the file. */
export function compileFile({ key, file, text, maps }: File): Code {
  if (file.endsWith(".json") || key !== file) return { kind: "json", value: parseJson(text, file) };
  const code = transform(text, file);
  const filename = nextVersion(file, maps);
  maps.add(filename, code.map, text);
  // Debuggers find the file by the map, whatever the version.
  const withMap = code.map
    ? `${code.code}\n${inlineMap({ ...code.map, sources: [pathToFileURL(file).href] })}`
    : code.code;
  if (code.kind === "module") {
    const run = new vm.Script(withMap, { filename }).runInThisContext() as (scope: ModuleScope) => Body;
    const { code: _, map: __, ...linked } = code;
    return { ...linked, run };
  }
  const names = ["exports", "require", "module", "__filename", "__dirname", code.importName];
  const wrapped = vm.compileFunction(withMap, names, { filename }) as (...values: unknown[]) => void;
  const run = ({ module, require, import: load }: CommonJSScope): void =>
    wrapped.call(module.exports, module.exports, require, module, file, path.dirname(file), load);
  return { kind: "commonjs", run };
}

function transform(text: string, file: string): ReturnType<typeof transformLocal> {
  try {
    const type = packageOf(file)?.type;
    return transformLocal(text, { filename: file, packageType: typeof type === "string" ? type : undefined });
  } catch (error) {
    if (!(error instanceof CellSyntaxError)) throw error;
    const { message, line, column } = error;
    // A plain SyntaxError: the lines it speaks of are the file's, not those of a cell.
    const plain = new SyntaxError(`${message} (${file}:${line}:${column})`);
    addPlaces(plain, [{ file, line, column, source: text }]);
    throw plain;
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Name of the script: the file's address, which breakpoints go by; later versions differ so that each keeps its map. */
function nextVersion(file: string, maps: StackMaps): string {
  const url = pathToFileURL(file).href;
  const name = (version: number): string => (version === 1 ? url : `${url}?${version}`);
  const version = (versions.get(file) ?? 0) + 1;
  versions.set(file, version);
  if (version > VERSIONS_WITH_MAPS) maps.remove(name(version - VERSIONS_WITH_MAPS));
  return name(version);
}
