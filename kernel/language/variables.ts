/**
 * Which names of a cell are the session's, and how each is written in the code.
 *
 * A name is *boxed* (`$$x.v`, see box.ts) when something may reach it after the cell: a closure of this or another cell.
 * Otherwise it is *plain*: a local of the cell's function, in a register while loops run, copied in at the start if an
 * earlier cell made it, and copied to its box after each statement at the top that changes it.
 */
import ts from "typescript";
import type { DeclarationKind } from "./declarations.ts";
import type { Original } from "./original.ts";
import { boundNames, firstFrom, inOrder, syntaxOf, type Analysis, type DeclarationSyntax, type Use } from "./scope.ts";
import { isAssigned, isTypeofOperand, namesAnonymous } from "./uses.ts";

/** What the transform must know of the session. */
export interface Names {
  /**
   * `live`: closures hold the box of that name. `declared` is false while closures hold it and no cell has declared it.
   * Undefined for a name of which no cell has heard, or whose declaration was never reached.
   */
  get(name: string): { live: boolean; constant: boolean; declared?: boolean } | undefined;
}

export interface Declared {
  name: string;
  kind: DeclarationKind;
  /** Closures hold its box: every later cell must use the box too. */
  live: boolean;
  constant: boolean;
}

export interface Variable {
  name: string;
  /** Identifier of its box in the code. */
  box: string;
  boxed: boolean;
  /** Identifier of the local when it is not boxed. */
  local: string;
  /** Declared at the top of this JavaScript. */
  syntax: DeclarationSyntax | undefined;
  /** As what, in the user's text. */
  kind: DeclarationKind | undefined;
  /** Declared by code that TypeScript added: no variable of the session. */
  ours: boolean;
  /** An earlier cell has declared it. */
  known: boolean;
  live: boolean;
  /** Assigning is an error. */
  constant: boolean;
}

/** Names that are there without the session: code that uses them pays nothing for the chance that a cell declares them. */
export const GLOBALS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  ...["require", "display", "clearOutput", "progress", "input", "widget", "comms", "arguments"],
]);

/** What only their own box can be: it is there before the cell runs, or from another cell's view always the same. */
const ALWAYS_BOXED: readonly string[] = ["function", "class", "enum", "namespace", "import", "using"];

export class Variables {
  private readonly analysis: Analysis;
  private readonly original: Original;
  private readonly names: Names;
  private readonly unique: (base: string) => string;
  private readonly byName = new Map<string, Variable>();
  private readonly uses = new Map<ts.Identifier, Use>();
  /** Assigned identifiers, each the name of a variable; in their order. */
  private readonly assignments: ts.Identifier[] = [];

  constructor(analysis: Analysis, original: Original, names: Names, unique: (base: string) => string) {
    this.analysis = analysis;
    this.original = original;
    this.names = names;
    this.unique = unique;
    for (const [name, { syntax }] of analysis.top) this.add(name, syntax);
    for (const { syntax, identifiers } of analysis.top.values()) {
      if (syntax === "var") this.assignments.push(...identifiers);
    }
    for (const use of analysis.uses) this.addUse(use);
    this.assignments.sort(inOrder);
    this.boxWhereStepsWait();
    this.boxPatternsWhole();
  }

  all(): Variable[] {
    return [...this.byName.values()];
  }

  /** The variable that a declaration at the top of the cell makes. */
  declaredBy(identifier: ts.Identifier): Variable {
    return this.byName.get(identifier.text)!;
  }

  /** The variable that an identifier outside declarations means, unless it is one of an inner scope or a global. */
  usedBy(identifier: ts.Identifier): Variable | undefined {
    return this.uses.has(identifier) ? this.byName.get(identifier.text) : undefined;
  }

  /**
   * Whether a name that neither this loop nor a function of this cell assigns keeps its value while the loop runs. Other
   * cells can change it, or declare a constant anew, only while this one waits.
   */
  isSteady(identifier: ts.Identifier, loop: ts.Node): boolean {
    if (this.analysis.inner.has(identifier)) return true;
    const variable = this.usedBy(identifier);
    if (!variable) return false;
    if (variable.ours || (!variable.boxed && variable.syntax === "const")) return true;
    return (!variable.boxed || variable.constant) && !pauses(loop);
  }

  private add(name: string, syntax: DeclarationSyntax | undefined): Variable {
    const session = this.names.get(name);
    const kind = syntax && this.original.kinds.get(name);
    const ours = syntax !== undefined && kind === undefined;
    const known = !ours && session !== undefined && session.declared !== false;
    const live = !ours && (session?.live ?? false);
    const constantHere = syntax === "const" || syntax === "using" || syntax === "import";
    const variable: Variable = {
      name,
      box: this.unique(`$$${name}`),
      boxed: live || (!ours && (ALWAYS_BOXED.includes(syntax ?? "") || ALWAYS_BOXED.includes(kind ?? ""))),
      // A debugger in a block that declares the name again could not see it there.
      local: this.analysis.hidden.has(name) ? this.unique(`$${name}`) : name,
      syntax,
      kind,
      ours,
      known,
      live,
      constant: syntax === undefined ? known && session!.constant : constantHere,
    };
    this.byName.set(name, variable);
    return variable;
  }

  private addUse(use: Use): void {
    const { name, captured, identifier } = use;
    let variable = this.byName.get(name);
    if (!variable) {
      // The session's, or wanted by a closure, or left to the language.
      if (this.names.get(name) === undefined && (!captured || GLOBALS.has(name))) return;
      variable = this.add(name, undefined);
    }
    this.uses.set(identifier, use);
    if (variable.ours) return;
    const assigned = isAssigned(identifier);
    if (assigned) this.assignments.push(identifier);
    // A box knows how to refuse an assignment; and a local of another name would give that name to a function.
    const needsBox = assigned && (variable.constant || (variable.local !== name && namesAnonymous(identifier)));
    if (captured || needsBox) variable.boxed = true;
  }

  /** A pattern is either one declaration or one assignment, so its names are alike. */
  private boxPatternsWhole(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const pattern of this.analysis.patterns) {
        const bound = boundNames(pattern).map((identifier) => this.declaredBy(identifier));
        if (!bound.some(({ boxed }) => boxed) || bound.every(({ boxed }) => boxed)) continue;
        for (const variable of bound) variable.boxed = true;
        changed = true;
      }
    }
  }

  /** The plain variables that a part of the cell assigns; no function does, or they would be boxed. */
  assignedIn(node: ts.Node): Variable[] {
    const found = new Set<Variable>();
    const { assignments } = this;
    for (let i = firstFrom(assignments, node.pos); i < assignments.length && assignments[i]!.end <= node.end; i++) {
      const variable = this.byName.get(assignments[i]!.text)!;
      if (isPlain(variable)) found.add(variable);
    }
    return [...found];
  }

  /**
   * The plain variables that other cells may read and change while the cell waits inside a statement at its top: `stored` in
   * their boxes before, `loaded` from them afterwards.
   */
  sharedDuring(statement: ts.Statement): { stored: Variable[]; loaded: Variable[] } {
    const declaredAbove = (variable: Variable): boolean => this.declarationOf(variable).end <= statement.pos;
    const isShared = (variable: Variable): boolean =>
      variable.syntax === undefined ? variable.known : variable.syntax === "var" || declaredAbove(variable);
    const used = new Set(
      [...this.uses.keys(), ...this.assignments].flatMap(({ end, text }) => (end > statement.pos ? [text] : [])),
    );
    return {
      stored: this.assignedIn(statement).filter(isShared),
      loaded: this.all().filter((variable) => {
        return used.has(variable.name) && isPlain(variable) && variable.syntax !== "const" && isShared(variable);
      }),
    };
  }

  /** `for await` has no place where locals could be shared before each of its waits. */
  private boxWhereStepsWait(): void {
    for (const { node } of this.analysis.loops.values()) {
      if (!ts.isForOfStatement(node) || !node.awaitModifier) continue;
      for (const { pos, end, text } of [...this.uses.keys(), ...this.assignments]) {
        if (pos >= node.pos && end <= node.end) this.byName.get(text)!.boxed = true;
      }
    }
  }

  /** How an identifier is written: its own text when nothing changes. */
  textOf(identifier: ts.Identifier): string {
    const use = this.uses.get(identifier);
    const variable = this.usedBy(identifier);
    if (!use || !variable) return identifier.text;
    const { boxed, box, local, name, syntax, known, ours } = variable;
    if (ours) return name;
    if (!use.captured && syntax !== undefined && syntax !== "var" && syntax !== "function" && syntax !== "import") {
      // The declaration of a boxed name stands in a block of its own, where the name means itself.
      if (boxed && isInOwnDeclaration(identifier, this.declarationOf(variable))) return name;
      if (isEarly(identifier, this.declarationOf(variable))) return `${box}.early`;
    }
    if (!boxed) return local;
    const assigned = isAssigned(identifier);
    if (assigned && variable.constant) return `${box}.constant`;
    const sure = known || syntax !== undefined;
    if (!sure && assigned) return `${box}.assign`;
    if (!sure && isTypeofOperand(identifier)) return `${box}.peek`;
    return `${box}.v`;
  }

  private declarationOf({ name }: Variable): ts.Identifier {
    return this.analysis.top.get(name)!.identifiers[0]!;
  }
}

/** As the target of an assignment. */
export function targetText({ boxed, box, local }: Variable): string {
  return boxed ? `${box}.v` : local;
}

/** Whether it is a local that its box must follow. */
export function isPlain({ boxed, ours }: Variable): boolean {
  return !boxed && !ours;
}

function isInOwnDeclaration(identifier: ts.Identifier, name: ts.Identifier): boolean {
  let declaration: ts.Node = name;
  while (ts.isBindingElement(declaration.parent) || ts.isBindingName(declaration.parent))
    declaration = declaration.parent;
  declaration = declaration.parent;
  if (
    !ts.isVariableDeclaration(declaration) ||
    syntaxOf(declaration.parent as ts.VariableDeclarationList) === "using"
  ) {
    return false;
  }
  return identifier.pos >= declaration.pos && identifier.end <= declaration.end;
}

/** Whether a use outside functions stands where its name has no value yet. */
function isEarly(identifier: ts.Identifier, name: ts.Identifier): boolean {
  const element = name.parent;
  let declaration = element;
  while (ts.isBindingElement(declaration)) declaration = declaration.parent.parent;
  // The initialiser comes after the pattern in the text and before it in time.
  if (ts.isVariableDeclaration(declaration) && declaration.initializer) {
    const { initializer } = declaration;
    if (identifier.pos >= initializer.pos && identifier.end <= initializer.end) return true;
  }
  return identifier.pos < element.end;
}

/** Whether other code may run in the middle of a node. */
function pauses(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier) return true;
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => pauses(child) || undefined) ?? false;
}
