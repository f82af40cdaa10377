/** Files for the tests of modules: written into the folder of a kernel's notebook. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Content by path. An object is written as JSON. */
export interface Files {
  [path: string]: string | object;
}

export function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
}

let rows = 0;

/**
 * Writes the files of one row of a table into a folder of its own, packages into `node_modules`.
 * @returns a function that puts the folder's path in place of "@/".
 */
export function writeRow(folder: string, files: Files): (text: string) => string {
  const own = `r${++rows}`;
  for (const [file, content] of Object.entries(files)) {
    write(folder, { [file.startsWith("node_modules/") ? file : `${own}/${file}`]: content });
  }
  return (text) => text.replaceAll("@/", `./${own}/`);
}
