/** What `import … from "gradbook"` gives, each function called as it is exported. */
import { nameAsExported } from "./exportedNames.ts";
import * as library from "./library.ts";
export * from "./library.ts";

nameAsExported(library);
