/** Names that cells have from each other: where each is declared, and in which cells it is the same one. */
import type { CellFile } from "./cellFile.ts";
import type { NotebookService } from "./service.ts";

export interface Place {
  path: string;
  offset: number;
}

/** Where a name that generated code imports is declared by a cell; undefined when it comes from no cell. */
export function declarationOf(file: CellFile, name: string): (Place & { file: CellFile }) | undefined {
  const provider = file.aliases.get(name)?.provider as (CellFile & { path?: string }) | undefined;
  const declared = provider?.cell.declares.get(name);
  if (!provider || provider.path === undefined || !declared) return undefined;
  return { file: provider, path: provider.path, offset: provider.toCode(declared.at) };
}

/** The declaration, in another cell, of the name at an offset; undefined when the name is no other cell's. */
export function originOf(
  service: NotebookService,
  path: string,
  offset: number,
): (Place & { file: CellFile }) | undefined {
  const file = service.notebook.fileAt(path);
  if (!file) return undefined;
  const inPrelude = file.aliasAt(offset);
  if (inPrelude !== undefined) return declarationOf(file, inPrelude);
  const definitions = service.ts.getDefinitionAtPosition(path, offset) ?? [];
  for (const { fileName, textSpan } of definitions) {
    const name = fileName === path ? file.aliasAt(textSpan.start) : undefined;
    if (name !== undefined) return declarationOf(file, name);
  }
  return undefined;
}

/**
 * Where to ask for the references of the name at a place: there; and, if it is one that cells have from each other, in
 * the cell that declares it and in each cell that has it from there.
 */
export function placesOf(service: NotebookService, place: Place): Place[] {
  const shared = sharedAt(service, place);
  if (!shared) return [place];
  const { file, name } = shared;
  const places = [{ path: file.path, offset: file.toCode(file.cell.declares.get(name)!.at) }];
  for (const other of service.notebook.files()) {
    const alias = other.aliases.get(name);
    if (alias?.provider === file) places.push({ path: other.path, offset: alias.at });
  }
  return places;
}

/** The name at a place, and the cell that declares it, if other cells may see it. */
function sharedAt(service: NotebookService, { path, offset }: Place): { file: CellFile; name: string } | undefined {
  // Where a rename would change generated code, the name is one that cells have from each other.
  const locations = service.ts.findRenameLocations(path, offset, false, false, {
    providePrefixAndSuffixTextForRename: true,
  });
  for (const { fileName, textSpan } of locations ?? []) {
    const file = service.notebook.fileAt(fileName);
    if (!file || file.toCell(textSpan.start) !== undefined) continue;
    const name = /^[\p{ID_Continue}$]*/u.exec(file.code.slice(textSpan.start))![0];
    const declared = declarationOf(file, name);
    if (declared) return { file: declared.file, name };
    if (file.cell.declares.has(name)) return { file, name };
  }
  return undefined;
}
