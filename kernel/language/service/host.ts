/**
 * What TypeScript's service sees: the cells, the files on the disk, and the declarations that every notebook knows. Modules
 * are found as the kernel's import finds them; a tsconfig.json is not read, since the kernel does not read one either.
 */
import path from "node:path";
import ts from "typescript";
import type { CellText } from "./cellText.ts";
import { dependenciesOf } from "./dependencies.ts";
import { DiskFiles } from "./diskFiles.ts";
import type { Notebook } from "./notebook.ts";
import { Snapshot } from "./snapshot.ts";
import { slashes, type TypeFiles } from "./typeFiles.ts";

/** Strict, with two exceptions: what is caught may be used as it is; and see `IMPLICIT_ANY` in diagnostics.ts. */
function compilerOptions(types: TypeFiles): ts.CompilerOptions {
  return {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.esnext.d.ts"],
    types: [],
    strict: true,
    useUnknownInCatchVariables: false,
    allowJs: true,
    checkJs: false,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    esModuleInterop: true,
    noEmit: true,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    paths: { gradbook: [types.gradbook], "gradbook/notebook": [types.cellGlobals] },
  };
}

export class Host {
  readonly options: ts.CompilerOptions;
  private readonly folder: string;
  private readonly notebook: Notebook;
  private readonly types: TypeFiles;
  private readonly disk = new DiskFiles((file) => this.types.folders.some((folder) => file.startsWith(`${folder}/`)));
  private readonly cache: ts.ModuleResolutionCache;
  private readonly forPaths: readonly [ts.CompilerOptions, ts.ModuleResolutionCache];
  /** Files in which an import was not found. It may be there the next time. */
  private readonly unresolved = new Set<string>();
  private looksAgain = false;
  private packageTypes: string[] | undefined;
  private refreshes = 0;

  constructor({ folder, notebook, types }: { folder: string; notebook: Notebook; types: TypeFiles }) {
    this.folder = slashes(folder);
    this.notebook = notebook;
    this.types = types;
    this.options = compilerOptions(types);
    this.cache = ts.createModuleResolutionCache(this.folder, canonical, this.options);
    const free = { ...this.options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    this.forPaths = [free, ts.createModuleResolutionCache(this.folder, canonical, free)];
  }

  /** To be called now and then: from then on the service sees what has changed on the disk. */
  refresh(): void {
    const changed = this.disk.refresh();
    if (!changed && this.unresolved.size === 0) return;
    this.cache.clear();
    this.forPaths[1].clear();
    this.packageTypes = undefined;
    this.looksAgain = true;
    this.refreshes++;
  }

  /** Whether a file belongs to Gradbook, TypeScript or Node, and not to the user. */
  isShipped(file: string): boolean {
    return this.disk.isFixed(file);
  }

  languageServiceHost(): InternalHost {
    const { folder, notebook, types, disk } = this;
    return {
      getCompilationSettings: () => this.options,
      getProjectVersion: () => {
        notebook.link();
        return `${notebook.version}.${this.refreshes}`;
      },
      getScriptFileNames: () => [
        ...[types.node, types.gradbook, types.cellGlobals, ...types.ambient],
        ...this.packages(),
        ...notebook.files().map((file) => file.path),
      ],
      getScriptVersion: (name) => {
        const cell = notebook.fileAt(name);
        if (cell) return `${cell.version}`;
        const text = this.textForFormatting(name);
        return text ? `${text.serial}` : disk.version(name);
      },
      getScriptSnapshot: (name) => {
        const text = notebook.fileAt(name)?.code ?? this.textForFormatting(name)?.formatted ?? disk.read(name);
        return text === undefined ? undefined : new Snapshot(text);
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: () => `${types.lib}/lib.esnext.d.ts`,
      fileExists: (name) => notebook.fileAt(name) !== undefined || disk.exists(name),
      readFile: (name) => notebook.fileAt(name)?.code ?? disk.read(name),
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      readDirectory: ts.sys.readDirectory,
      realpath: ts.sys.realpath!,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      resolveModuleNameLiterals: (literals, containing, _redirected, options, file) => {
        this.unresolved.delete(canonical(containing));
        return literals.map((literal) => {
          const mode = ts.getModeForUsageLocation(file, literal, options);
          const result = this.resolve(literal.text, containing, mode);
          const mayCome = !result.resolvedModule && !this.isShipped(containing) && !literal.text.startsWith("node:");
          if (mayCome) this.unresolved.add(canonical(containing));
          return result;
        });
      },
      resolveTypeReferenceDirectiveReferences: (references, containing) =>
        references.map((reference) => this.resolveTypes(reference, containing)),
      // Otherwise every key that is pressed reads the package.json of all folders above.
      getModuleResolutionCache: () => this.cache,
      hasInvalidatedResolutions: (file) => this.looksAgain && this.unresolved.has(file),
    };
  }

  /** To be called when the service has taken in what `refresh` found. */
  settled(): void {
    this.looksAgain = false;
  }

  /** The name under which the text of a cell is formatted, by itself and as it is. */
  static formatted(cell: string): string {
    return cell.replace(/\.ts$/, ".formatted.ts");
  }

  private textForFormatting(name: string): CellText | undefined {
    if (!name.endsWith(".formatted.ts")) return undefined;
    return this.notebook.fileAt(name.replace(/\.formatted\.ts$/, ".ts"))?.cell;
  }

  /** Declarations of the packages that may be completed although nothing imports them yet. */
  private packages(): string[] {
    return (this.packageTypes ??= dependenciesOf(this.folder, this.disk).flatMap((name) => {
      const { resolvedModule } = this.resolve(name, `${this.folder}/[packages].ts`, ts.ModuleKind.ESNext);
      const file = resolvedModule?.resolvedFileName;
      return file !== undefined && /\.d\.[cm]?ts$/.test(file) ? [file] : [];
    }));
  }

  private resolve(
    specifier: string,
    containing: string,
    mode: ts.ResolutionMode,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    if (specifier.startsWith("./[")) {
      const file = this.notebook.fileAt(path.posix.join(path.posix.dirname(containing), specifier));
      if (file) return found(file.path);
    }
    if (specifier === "gradbook") return found(this.types.gradbook);
    if (specifier === "gradbook/notebook") return found(this.types.cellGlobals);
    if (specifier === "undici-types" && this.isShipped(containing)) return found(this.types.undici);
    const host: ts.ModuleResolutionHost = {
      fileExists: this.disk.exists,
      readFile: this.disk.read,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      realpath: ts.sys.realpath!,
      getCurrentDirectory: () => this.folder,
      useCaseSensitiveFileNames: ts.sys.useCaseSensitiveFileNames,
    };
    // Paths of the user's own files may leave out endings and "index", as the kernel lets them.
    const isPath = /^\.{0,2}\/|^\.{1,2}$/.test(specifier) && !containing.includes("/node_modules/");
    const [options, cache] = isPath && !this.isShipped(containing) ? this.forPaths : [this.options, this.cache];
    return ts.resolveModuleName(specifier, containing, options, host, cache, undefined, mode);
  }

  /** `/// <reference types="node" />` of a package means the Node that is known here, not a second one. */
  private resolveTypes(
    reference: ts.FileReference | string,
    containing: string,
  ): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations {
    const name = typeof reference === "string" ? reference : reference.fileName;
    if (name === "node") {
      return { resolvedTypeReferenceDirective: { primary: true, resolvedFileName: this.types.node } };
    }
    return ts.resolveTypeReferenceDirective(name, containing, this.options, {
      fileExists: this.disk.exists,
      readFile: this.disk.read,
    });
  }
}

/** What TypeScript asks its host without declaring it: TypeScript 6.0, `LanguageServiceHost` in services/types.ts. */
interface InternalHost extends ts.LanguageServiceHost {
  /** Whether imports of a file have to be looked for again although its text is the same. */
  hasInvalidatedResolutions(file: ts.Path): boolean;
  getModuleResolutionCache(): ts.ModuleResolutionCache;
}

function canonical(file: string): string {
  return ts.sys.useCaseSensitiveFileNames ? file : file.toLowerCase();
}

function found(resolvedFileName: string): ts.ResolvedModuleWithFailedLookupLocations {
  const extension = resolvedFileName.endsWith(".d.ts") ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false } };
}
