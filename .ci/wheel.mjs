// Writes the Python package that lets papermill set parameters in our notebooks, as a wheel: pip installs it without
// building anything and without a network.
//
// Source: Python's binary distribution format (packaging.python.org), "Recording installed projects", "Entry points".
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeZip } from "../kernel/tensor/zip.ts";

/** Where it is put, below dist/. */
export const wheelName = (version) => `papermill/gradbook_papermill-${version}-py3-none-any.whl`;

/**
 * @param {string} root
 * @param {string} version
 */
export function writeWheel(root, version) {
  const info = `gradbook_papermill-${version}.dist-info`;
  const metadata = [
    ["Metadata-Version", "2.1"],
    ["Name", "gradbook-papermill"],
    ["Version", version],
    ["Summary", "Lets papermill set the parameters of Gradbook's notebooks in TypeScript"],
    ["License", "MIT"],
    ["Requires-Python", ">=3.9"],
  ];
  const wheel = [
    ["Wheel-Version", "1.0"],
    ["Generator", "gradbook"],
    ["Root-Is-Purelib", "true"],
    ["Tag", "py3-none-any"],
  ];
  const fields = (rows) => rows.map(([name, value]) => `${name}: ${value}\n`).join("");
  /** @type {[string, Buffer][]} */
  const files = [
    ["gradbook_papermill.py", readFileSync(`${root}kernel/jupyter/gradbook_papermill.py`)],
    [`${info}/METADATA`, Buffer.from(fields(metadata))],
    [`${info}/WHEEL`, Buffer.from(fields(wheel))],
    [`${info}/entry_points.txt`, Buffer.from("[papermill.engine]\ngradbook = gradbook_papermill:NBClientEngine\n")],
  ];
  const record = files.map(([name, bytes]) => {
    return `${name},sha256=${createHash("sha256").update(bytes).digest("base64url")},${bytes.length}\n`;
  });
  files.push([`${info}/RECORD`, Buffer.from(`${record.join("")}${info}/RECORD,,\n`)]);
  rmSync(`${root}dist/papermill`, { recursive: true, force: true });
  mkdirSync(`${root}dist/papermill`, { recursive: true });
  writeFileSync(`${root}dist/${wheelName(version)}`, Buffer.concat(writeZip(files, true)));
}
