/** The smallest session that runs transformed cells: boxes, names, and polls that count. For the tests of kernel/language. */
import vm from "node:vm";
import {
  Box,
  CellSyntaxError,
  cleanError,
  elementsOf,
  iteratorOf,
  transformCell,
  type CellCode,
  type Runtime,
  type Site,
} from "../../kernel/language/transform.ts";
import { originalPosition } from "../../kernel/language/position.ts";

export interface Place {
  cell: number;
  line: number;
  /** 1-based. */
  column: number;
}

export class TestSession {
  private readonly boxes = new Map<string, Box>();
  private readonly names = new Map<string, { live: boolean; constant: boolean }>();
  private readonly maps = new Map<string, object>();
  polls = 0;
  /** What `poll` throws from the given poll on. */
  stopAt: { poll: number; error: Error } | undefined;
  chunk = 3;
  last: CellCode | undefined;
  /** What the names of its scripts begin with. */
  prefix = "";
  /** Called before a cell runs. */
  onCompile: (cell: CellCode, filename: string) => void = () => {};

  readonly runtime: Runtime = {
    box: (name) => this.box(name),
    site: () => ({ chunk: this.chunk }),
    poll: (site: Site) => {
      this.polls++;
      if (this.stopAt && this.polls >= this.stopAt.poll) throw this.stopAt.error;
      return site.chunk;
    },
    caught: cleanError,
    awaitSite: () => ({ quick: 0, looks: 0, lookedAt: 0 }),
    iteratorOf,
    elementsOf,
    await: (value) => value,
    after: (value) => value,
    value: (value) =>
      typeof (value as PromiseLike<unknown> | undefined)?.then === "function"
        ? Promise.resolve(value).then((settled) => ({ value: settled }))
        : { value },
    awaitEach: (iterable) => iterable as AsyncIterable<never>,
    import: (specifier, options) => import(specifier, options) as Promise<object>,
    meta: import.meta,
  };

  box(name: string): Box {
    let box = this.boxes.get(name);
    if (!box) this.boxes.set(name, (box = new Box(name)));
    return box;
  }

  /** The value of the cell's last expression. */
  async run(source: string): Promise<unknown> {
    const filename = `${this.prefix}cell-${this.maps.size + 1}`;
    const get = (name: string) => {
      const known = this.names.get(name);
      const { declared } = this.box(name);
      return known && (declared || known.live) ? { ...known, declared } : undefined;
    };
    const cell = (this.last = transformCell(source, { names: { get }, filename }));
    this.maps.set(filename, cell.map);
    this.onCompile(cell, filename);
    const compiled = new vm.Script(cell.code, { filename }).runInThisContext() as (
      runtime: Runtime,
    ) => Promise<{ value: unknown } | undefined>;
    for (const { name, live, constant } of cell.declares) {
      this.names.set(name, { live: live || (this.names.get(name)?.live ?? false), constant });
    }
    for (const name of cell.wants)
      this.names.set(name, { live: true, constant: this.names.get(name)?.constant ?? false });
    return (await compiled(this.runtime))?.value;
  }

  /** Name and message of the error with which a cell ends. */
  async failure(source: string): Promise<string> {
    const error = await this.error(source);
    cleanError(error);
    return `${error.name}: ${error.message}`;
  }

  async error(source: string): Promise<Error> {
    try {
      await this.run(source);
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    }
    throw new Error(`this cell ran without an error:\n${source}`);
  }

  /** Where in the user's text an error was made, innermost frame first. */
  places(error: Error): Place[] {
    if (error instanceof CellSyntaxError) return [{ cell: this.maps.size + 1, line: error.line, column: error.column }];
    const frames = String(error.stack).matchAll(/(\w*cell-(\d+)):(\d+):(\d+)/g);
    return [...frames].flatMap(([, filename, number, line, column]) => {
      const at = originalPosition(this.maps.get(filename!)!, { line: Number(line), column: Number(column) });
      return at ? [{ cell: Number(number), ...at }] : [];
    });
  }

  /** Every variable that has a value. */
  variables(): { [name: string]: unknown } {
    return Object.fromEntries([...this.boxes].filter(([, box]) => box.declared).map(([name, box]) => [name, box.v]));
  }
}

export async function runAll(cells: readonly string[]): Promise<{ session: TestSession; value: unknown }> {
  const session = new TestSession();
  let value: unknown;
  for (const cell of cells) value = await session.run(cell);
  return { session, value };
}
