"""What a JavaScript file exports, read as text: nothing is run, and no parser of JavaScript is at hand."""

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
# Where exports come from elsewhere, or by ways that text does not show, as bundlers and TypeScript write them.
UNCLEAR = re.compile(
    r"\bexport\s*\*|\b__export|\bassign\(\s*(?:module\.)?exports\b|\bmodule\.exports\s*=(?!=)\s*[^\s{]|\bmodule\["
    r"|\bexport\s+(?:const|let|var)\s*[{\[]|\bexports\[\s*[^'\"\s]|[=(,]\s*exports\s*[;,)]"
)
COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def exported_names(text: str) -> set[str] | None:
    """Return the names that a file is seen to export; None where it may export others too."""
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
        # More than its keys, but never fewer: what is no key does no harm here.
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
    """The second and later names of `export const one = 1, two = 2`, and other names that look like them."""
    return (
        set(re.findall(rf",\s*{NAME}\s*=(?!=)", text)) if re.search(r"\bexport\s+(?:const|let|var)\b", text) else set()
    )
