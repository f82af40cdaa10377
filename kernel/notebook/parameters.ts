/** Values that a run sets in a notebook: `--param lr=0.01`. */
import { isTagged, lines, type CodeCell, type Notebook } from "./format.ts";

export interface Parameter {
  name: string;
  /** TypeScript text of the value. */
  value: string;
  /** It was no JSON, and is a text for that reason. */
  isText?: boolean;
  /** How it is declared, such as `const lr: number`; `let` and its name otherwise. */
  declaration?: string;
}

const PARAMETERS = "parameters";
const INJECTED = "injected-parameters";
const RESERVED = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if import in instanceof let new null return static super switch this throw true try typeof var void while with yield"
  ).split(" "),
);

/** Reads `name=value`; a value that is JSON is that value, as are NaN and Infinity; any other is a text. */
export function parseParameter(text: string): Parameter {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const raw = text.slice(equals + 1);
  if (equals < 0) throw new Error(`--param ${text}: give it as name=value, for example --param lr=0.01.`);
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) || RESERVED.has(name)) {
    throw new Error(`--param ${text}: "${name}" is not a name that a variable can have.`);
  }
  if (/^\s*(NaN|-?Infinity)\s*$/.test(raw)) return { name, value: raw.trim() };
  try {
    JSON.parse(raw);
  } catch {
    return { name, value: JSON.stringify(raw), isText: true };
  }
  // Written plainly it would set the object's prototype.
  return { name, value: raw.trim().replace(/(?<!\\)"__proto__"(?=\s*:)/g, '["__proto__"]') };
}

/** The notebook's own cell with the defaults. */
export function parametersCell({ cells }: Notebook): CodeCell | undefined {
  return cells.find((cell): cell is CodeCell => cell.cell_type === "code" && isTagged(cell, PARAMETERS));
}

/**
 * Puts a cell that declares the parameters after the one tagged `parameters`, so that it overrides the defaults there;
 * into a notebook without such a cell as its first. An earlier run's cell is replaced.
 *
 * Returns remarks for the user.
 */
export function injectParameters(notebook: Notebook, parameters: readonly Parameter[]): string[] {
  const { cells } = notebook;
  const declared = parameters.map(({ name, value, declaration }) => `${declaration ?? `let ${name}`} = ${value};`);
  const code = ["// Parameters of this run", ...declared].join("\n");
  const own = parametersCell(notebook);
  const defaults = own === undefined ? -1 : cells.indexOf(own);
  const existing = cells.findIndex((cell) => cell.cell_type === "code" && isTagged(cell, INJECTED));
  if (existing >= 0) {
    const cell = cells[existing] as CodeCell;
    cell.source = lines(code);
    cell.outputs = [];
    cell.execution_count = null;
  } else {
    const cell: CodeCell = {
      cell_type: "code",
      execution_count: null,
      // Cells have ids since 4.5; an older notebook must not get one.
      ...(notebook.nbformat_minor >= 5 && { id: freeId(notebook) }),
      metadata: { tags: [INJECTED] },
      outputs: [],
      source: lines(code),
    };
    cells.splice(defaults + 1, 0, cell);
  }
  return defaults < 0 ? [`no cell is tagged "${PARAMETERS}": the parameters are set in the first cell.`] : [];
}

function freeId({ cells }: Notebook): string {
  const used = new Set(cells.map(({ id }) => id));
  for (let n = 1; ; n++) {
    const id = n === 1 ? INJECTED : `${INJECTED}-${n}`;
    if (!used.has(id)) return id;
  }
}
