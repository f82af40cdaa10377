/**
 * The kernel's stack trace as VS Code's renderer turns it into links.
 *
 * The renderer links lines that begin with "Cell In [3], line 2", and drops what follows on such a line; the kernel
 * writes "at f (Cell [3], line 2)". So a frame with a function's name becomes two lines.
 */
export function linkedTrace(traceback: readonly string[]): string {
  return traceback.join("\n").split("\n").map(linkedLine).join("\n");
}

const FRAME = /^(\s*)at (?:(.+) \()?Cell \[(\d+)\], line (\d+)\)?$/;
const HEADING = /^(\s*)Cell \[(\d+)\], line (\d+):?$/;

function linkedLine(line: string): string {
  const frame = FRAME.exec(line);
  if (frame) {
    const [, indent, name, count, number] = frame;
    const place = `Cell In [${count}], line ${number}`;
    return name === undefined ? `${indent}${place}` : `${indent}at ${name}\n${indent}${place}`;
  }
  const heading = HEADING.exec(line);
  return heading ? `${heading[1]}Cell In [${heading[2]}], line ${heading[3]}` : line;
}
