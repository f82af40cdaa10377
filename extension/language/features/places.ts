/** Where a name is declared and where it is used: in this cell, in another one, or in a file. */
import * as vscode from "vscode";
import { documentHighlight, location } from "../convert.ts";
import { ask, at, CELLS, type Feature } from "./feature.ts";

export const definition: Feature = (context) =>
  vscode.languages.registerDefinitionProvider(CELLS, {
    async provideDefinition(document, position, token) {
      const answer = await ask(context, document, "textDocument/definition", at(document, position), token);
      return answer?.map(location);
    },
  });

export const typeDefinition: Feature = (context) =>
  vscode.languages.registerTypeDefinitionProvider(CELLS, {
    async provideTypeDefinition(document, position, token) {
      const answer = await ask(context, document, "textDocument/typeDefinition", at(document, position), token);
      return answer?.map(location);
    },
  });

export const references: Feature = (context) =>
  vscode.languages.registerReferenceProvider(CELLS, {
    async provideReferences(document, position, { includeDeclaration }, token) {
      const params = { ...at(document, position), context: { includeDeclaration } };
      const answer = await ask(context, document, "textDocument/references", params, token);
      return answer?.map(location);
    },
  });

export const highlights: Feature = (context) =>
  vscode.languages.registerDocumentHighlightProvider(CELLS, {
    async provideDocumentHighlights(document, position, token) {
      const answer = await ask(context, document, "textDocument/documentHighlight", at(document, position), token);
      return answer?.map(documentHighlight);
    },
  });
