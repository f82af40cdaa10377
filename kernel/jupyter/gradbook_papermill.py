"""Lets papermill set the parameters of notebooks in TypeScript: a translator of Python's values, nothing else.

papermill finds translators in a table of its own; the packages that it loads by itself are those with an entry point
"papermill.engine", so this one has such an entry point too, which names papermill's own engine.

Source: papermill 2.7, translators.py (Translator, PapermillTranslators) and engines.py (register_entry_points).
"""

import datetime
import json
import math
import re


def __getattr__(name):
    # Asked for while papermill is being imported: by then its engines module has the class, and this one need not be complete.
    if name == "NBClientEngine":
        from papermill.engines import NBClientEngine

        return NBClientEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


from papermill.models import Parameter  # noqa: E402
from papermill.translators import Translator, papermill_translators  # noqa: E402

IDENTIFIER = re.compile(r"[^\W\d]\w*|[\w$]*\$[\w$]*")
RESERVED = set(
    "await break case catch class const continue debugger default delete do else enum export extends false finally for "
    "function if import in instanceof let new null return static super switch this throw true try typeof var void while "
    "with yield".split()
)
# The largest whole number that a TypeScript number holds exactly.
LARGEST = 2**53 - 1


class TypeScriptTranslator(Translator):
    @classmethod
    def translate_none(cls, val):
        return "null"

    @classmethod
    def translate_str(cls, val):
        return json.dumps(val, ensure_ascii=False)

    @classmethod
    def translate_escaped_str(cls, str_val):
        # What has no type of its own here; YAML makes dates, for example.
        if isinstance(str_val, (datetime.date, datetime.time)):
            str_val = str_val.isoformat()
        return cls.translate_str(str(str_val))

    @classmethod
    def translate_int(cls, val):
        return str(val) if abs(val) <= LARGEST else f"{val}n"

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NaN"
        if math.isinf(val):
            return "Infinity" if val > 0 else "-Infinity"
        return repr(val)

    @classmethod
    def translate_dict(cls, val):
        def key(name):
            text = cls.translate_str(name if isinstance(name, str) else cls.translate(name).strip('"'))
            # Written plainly it would set the object's prototype.
            return f"[{text}]" if text == '"__proto__"' else text

        return "{" + ", ".join(f"{key(name)}: {cls.translate(value)}" for name, value in val.items()) + "}"

    @classmethod
    def translate_list(cls, val):
        return "[" + ", ".join(cls.translate(value) for value in val) + "]"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        if not IDENTIFIER.fullmatch(name) or name in RESERVED:
            raise ValueError(f'"{name}" is not a name that a variable of TypeScript can have.')
        return f"let {name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        """The variables that the cell declares, with the types that it writes or that literals show."""
        found = []
        source = parameters_cell["source"]
        for start in re.finditer(r"^[ \t]*(?:export[ \t]+)?(?:const|let|var)[ \t]+(?=[\w$])", source, re.MULTILINE):
            at = start.end()
            while at is not None:
                parts, at = declaration(source, at)
                if parts is None:
                    break
                name, annotation, value, remark = parts
                found.append(
                    Parameter(
                        name=name,
                        inferred_type_name=annotation or literal_type(value),
                        default=value,
                        help=remark,
                    )
                )
        return found


TOKEN = re.compile(
    r"(?P<skip>/\*.*?\*/)|(?P<comment>//[^\n]*)|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"
    r"|(?P<arrow>=>)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<stop>[,;:=\n])|(?P<other>.)",
    re.DOTALL,
)


def declaration(source, at):
    """One `name: type = value` from `at` on: its four parts, and where the next one begins, if a comma follows."""
    parts = {"name": "", "type": "", "value": ""}
    part, depth, remark, after = "name", 0, "", None
    # Generic types: commas and line ends between < and > belong to the type.
    angles = 0
    for token in TOKEN.finditer(source, at):
        kind, text = token.lastgroup, token.group()
        if kind == "skip":
            continue
        if kind == "comment":
            remark = text[2:].strip()
            continue
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            break
        if part == "type" and kind == "other":
            angles += (text == "<") - (text == ">")
        if kind == "stop" and depth == 0 and angles == 0:
            if text == ":" and part == "name":
                part = "type"
                continue
            if text == "=" and part != "value":
                part = "value"
                continue
            # A value may go on in the next line; it does not where it could end.
            if text == ";" or (text == "\n" and not continues(parts, part, source[token.end() :])):
                after = None
                if text == ";":
                    remark = (re.match(r"[ \t]*//([^\n]*)", source[token.end() :]) or [None, remark])[1].strip()
                break
            if text == ",":
                after = token.end()
                break
        parts[part] += text
    name, annotation, value = (" ".join(parts[each].split()) for each in ("name", "type", "value"))
    if after is not None:
        after += len(re.match(r"\s*", source[after:]).group())
    if not IDENTIFIER.fullmatch(name) or not value:
        return None, None
    return (name, annotation, value, remark), after


def continues(parts, part, rest):
    before, after = parts[part].rstrip(), rest.lstrip()
    if not before or before[-1] in "|&+-*/?<>=":
        return True
    return after[:1] in {"|", "&", "?", ".", "+", "*"} or after.startswith(("=", "- "))


def literal_type(value):
    for kind, pattern in {
        "number": r"-?(\d[\d_]*(\.\d*)?|\.\d+)(e[+-]?\d+)?|NaN|-?Infinity|0[xob][\da-f]+",
        "string": r"\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])*'|`[^`$]*`",
        "boolean": r"true|false",
        "bigint": r"-?\d[\d_]*n",
        "null": r"null",
        "array": r"\[.*\]",
        "object": r"\{.*\}",
    }.items():
        if re.fullmatch(pattern, value, re.DOTALL | re.IGNORECASE):
            return kind
    return "None"


papermill_translators.register("typescript", TypeScriptTranslator)
