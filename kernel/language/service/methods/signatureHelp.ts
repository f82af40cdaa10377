import ts from "typescript";
import type { ParameterInformation, SignatureInformation } from "vscode-languageserver-types";
import { documentation } from "../markdown.ts";
import type { Method } from "../method.ts";
import type { NotebookService } from "../service.ts";

const TRIGGERS: readonly string[] = ["(", ",", "<"];

export const signatureHelp: Method<"textDocument/signatureHelp"> = (service, params) => {
  const { path, offset } = service.place(params);
  const { triggerCharacter: character } = params;
  const typed = character !== undefined && TRIGGERS.includes(character);
  const help = service.ts.getSignatureHelpItems(path, offset, {
    triggerReason: typed
      ? { kind: "characterTyped", triggerCharacter: character as ts.SignatureHelpTriggerCharacter }
      : { kind: "invoked" },
  });
  if (!help) return null;
  const { items, selectedItemIndex, argumentIndex } = help;
  const rest = items[selectedItemIndex]?.isVariadic ? items[selectedItemIndex].parameters.length - 1 : Infinity;
  return {
    signatures: items.map((item) => signature(service, item)),
    activeSignature: selectedItemIndex,
    activeParameter: Math.min(argumentIndex, rest),
  };
};

function signature(service: NotebookService, item: ts.SignatureHelpItem): SignatureInformation {
  const separator = ts.displayPartsToString(item.separatorDisplayParts);
  let label = service.readable(ts.displayPartsToString(item.prefixDisplayParts));
  const parameters: ParameterInformation[] = item.parameters.map(({ displayParts, documentation: said }, i) => {
    if (i > 0) label += separator;
    const start = label.length;
    label += service.readable(ts.displayPartsToString(displayParts));
    const value = documentation(said, undefined);
    return { label: [start, label.length], ...(value !== "" && { documentation: { kind: "markdown", value } }) };
  });
  label += service.readable(ts.displayPartsToString(item.suffixDisplayParts));
  // What is said of each parameter is shown with the parameter.
  const value = documentation(
    item.documentation,
    item.tags.filter(({ name }) => name !== "param"),
  );
  return { label, parameters, ...(value !== "" && { documentation: { kind: "markdown", value } }) };
}
