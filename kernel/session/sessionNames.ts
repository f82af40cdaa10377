import type { Box } from "../language/box.ts";
import type { CellCode, Declared, Names } from "../language/transform.ts";

type DeclarationKind = Declared["kind"];

/** Which names the session has, and which of them must be reached through their box ("live"). */
export class SessionNames implements Names {
  private readonly names = new Map<string, { live: boolean; constant: boolean; kind?: DeclarationKind }>();
  private readonly box: (name: string) => Box;

  constructor(box: (name: string) => Box) {
    this.box = box;
  }

  get(name: string): { live: boolean; constant: boolean; declared: boolean } | undefined {
    const known = this.names.get(name);
    if (!known) return undefined;
    // A cell that failed above a declaration has not made it.
    const { declared } = this.box(name);
    return declared || known.live ? { ...known, declared } : undefined;
  }

  /** As what a name was last declared; undefined for one that no cell has declared. */
  declarationOf(name: string): { kind: DeclarationKind; constant: boolean } | undefined {
    const known = this.names.get(name);
    return known?.kind && { kind: known.kind, constant: known.constant };
  }

  remember({ declares, wants }: Pick<CellCode, "declares" | "wants">): void {
    for (const { name, live, constant, kind } of declares) {
      // Once a closure holds the box, every later cell must go through it.
      this.names.set(name, { live: live || (this.names.get(name)?.live ?? false), constant, kind });
    }
    // A closure of this cell holds the box, whether or not anybody has declared the name yet.
    for (const name of wants) this.names.set(name, { constant: false, ...this.names.get(name), live: true });
  }
}
