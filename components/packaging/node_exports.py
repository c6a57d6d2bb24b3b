"""Finds the exports of a JavaScript file by searching its text; nothing is run."""

import re

NAME = r"([\w$]+)"
EXPORTS = tuple(
    re.compile(form, re.MULTILINE)
    for form in (
        rf"\bexports\.{NAME}\s*=(?!=)",
        rf"\bexports\[\s*['\"]{NAME}['\"]\s*\]\s*=(?!=)",
        rf"\bdefineProperty\(\s*(?:module\.)?exports\s*,\s*['\"]{NAME}['\"]",
        rf"\bexport\s+(?:async\s+)?function\s*\*?\s*{NAME}",
        rf"\bexport\s+(?:class|const|let|var)\s+{NAME}",
        r"\bexport\s+(default)\b",
    )
)
LIST = re.compile(r"\bexport\s*\{([^}]*)\}")
OBJECT = re.compile(r"\bmodule\.exports\s*=\s*\{")
# Re-exports, and exports as bundlers and TypeScript write them: the names are not in the text.
UNCLEAR = re.compile(
    r"\bexport\s*\*|\b__export|\bassign\(\s*(?:module\.)?exports\b|\bmodule\.exports\s*=(?!=)\s*[^\s{]|\bmodule\["
    r"|\bexport\s+(?:const|let|var)\s*[{\[]|\bexports\[\s*[^'\"\s]|[=(,]\s*exports\s*[;,)]"
)
COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def exported_names(text: str) -> set[str] | None:
    """Return the exported names; None if there may be others."""
    text = COMMENT.sub("", text)
    if UNCLEAR.search(text):
        return None
    names = {name for form in EXPORTS for name in form.findall(text)}
    for listed in LIST.findall(text):
        names |= {item.split()[-1] for item in listed.split(",") if item.strip()}
    for match in OBJECT.finditer(text):
        inside = _until_closed(text[match.end() :])
        if inside is None or "..." in inside:
            return None
        # Finds at least all keys; additional words do no harm.
        names |= set(re.findall(NAME, inside))
    return names | _declared_after_a_comma(text)


def _until_closed(text: str) -> str | None:
    depth = 1
    for index, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return text[:index]
    return None


def _declared_after_a_comma(text: str) -> set[str]:
    """Return at least the second and later names of `export const one = 1, two = 2`."""
    return (
        set(re.findall(rf",\s*{NAME}\s*=(?!=)", text)) if re.search(r"\bexport\s+(?:const|let|var)\b", text) else set()
    )
