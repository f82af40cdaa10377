import type { LanguageMethod, LanguageMethods } from "../../protocol/language.ts";
import type { NotebookService } from "./service.ts";

/** Answers one kind of request. Errors thrown are shown to whoever asked. */
export type Method<M extends LanguageMethod> = (
  service: NotebookService,
  params: LanguageMethods[M]["params"],
) => LanguageMethods[M]["result"];
