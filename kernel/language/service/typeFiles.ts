/** Where the declarations lie that every notebook knows: beside the bundle, or, run from the sources, where they are made from. */
import path from "node:path";

export interface TypeFiles {
  /** Folder of TypeScript's own lib.*.d.ts. */
  lib: string;
  gradbook: string;
  /** `gradbook/notebook`: the functions that every cell has. */
  cellGlobals: string;
  node: string;
  undici: string;
  /** Further files that declare globals. */
  ambient: string[];
  /** Everything of ours is below one of these. */
  folders: string[];
  /** Of the library: patterns of what only files of ours import. */
  inside: string[];
}

/** @param folder of the bundles, dist/kernel; from the sources, kernel. */
export function typeFiles(folder: string, { bundled }: { bundled: boolean }): TypeFiles {
  const root = slashes(path.dirname(folder));
  if (bundled) {
    const shipped = `${root}/types`;
    return {
      lib: `${shipped}/typescript`,
      gradbook: `${shipped}/gradbook.d.ts`,
      cellGlobals: `${shipped}/cellGlobals.d.ts`,
      node: `${shipped}/node/index.d.ts`,
      undici: `${shipped}/undici-types/index.d.ts`,
      ambient: [`${shipped}/webassembly.d.ts`],
      folders: [shipped],
      inside: [`${shipped}/*/*`],
    };
  }
  const modules = `${root}/node_modules`;
  return {
    lib: `${modules}/typescript/lib`,
    gradbook: `${root}/kernel/gradbook.ts`,
    cellGlobals: `${root}/kernel/cellGlobals.ts`,
    node: `${modules}/@types/node/index.d.ts`,
    undici: `${modules}/undici-types/index.d.ts`,
    ambient: [`${root}/kernel/wasm/webassembly.d.ts`],
    folders: [`${root}/kernel`, `${modules}/typescript/lib`, `${modules}/@types/node`, `${modules}/undici-types`],
    inside: [`${root}/kernel/*/*`],
  };
}

/** TypeScript writes every path with forward slashes. */
export function slashes(name: string): string {
  return name.replaceAll("\\", "/");
}
