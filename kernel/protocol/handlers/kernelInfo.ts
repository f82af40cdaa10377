import { PROTOCOL_VERSION } from "../messages.ts";
import { DEBUGGER } from "../features.ts";
import type { Handler } from "../handler.ts";

/** Who we are, and which language front ends should colour, export and name files for. */
export const kernelInfo: Handler<"kernel_info_request"> = (_content, { version }) => ({
  status: "ok",
  protocol_version: PROTOCOL_VERSION,
  implementation: "gradbook",
  implementation_version: version,
  language_info: {
    name: "typescript",
    version: "6.0",
    mimetype: "text/typescript",
    file_extension: ".ts",
    pygments_lexer: "typescript",
    // A string, not an object: strict clients refuse the object form.
    codemirror_mode: "typescript",
    nbconvert_exporter: "script",
  },
  banner: `Gradbook ${version}: TypeScript cells with tensors, autograd and optimizers.`,
  help_links: [],
  debugger: DEBUGGER,
  supported_features: [...(DEBUGGER ? ["debugger"] : []), "kernel subshells"],
});
