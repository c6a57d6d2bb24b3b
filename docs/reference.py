"""Writes docs/arguments.md from the docstrings of `components`, which are also what the plugin's schema says."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# Arguments

Everything that the components take and give. This page is written by `make docs` from the docstrings, which are also
the text of the plugin's schema; a test compares them. *Input* means that a value may also be an Output; all others are
plain values, checked when the component is constructed.
"""


WITHOUT_ARGS = ("BucketEvents", "BucketListener", "ConsumersDashboard")
"""Public classes that take no dict of arguments."""


@dataclass(frozen=True)
class Field:
    """One annotated name of a class, and the docstring below it."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Class:
    """A class with its documented fields and public methods."""

    name: str
    text: str
    fields: list[Field]
    methods: list[Field]
    call: str
    """How it is made, where it has a constructor of its own."""


def page() -> str:
    """Return the whole page."""
    folders = (ROOT / "components", ROOT / "components" / "sources")
    files = [path for folder in folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("__")]
    classes = {found.name: found for path in files for found in _classes(path)}
    components = [one for one in classes.values() if f"{one.name}Args" in classes or one.name in WITHOUT_ARGS]
    order = sorted(components, key=lambda one: (one.name != "QueueConsumer", one.name))
    return "\n".join([HEAD, *(line for one in order for line in _component(one, classes))])


def _classes(path: Path) -> Iterator[Class]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            methods = [
                Field(f.name, ast.unparse(f.args), _text(ast.get_docstring(f) or ""))
                for f in node.body
                if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")
            ]
            text = _text(ast.get_docstring(node) or "")
            yield Class(node.name, text, list(_fields(node)), methods, "".join(_calls(node)))


def _calls(node: ast.ClassDef) -> Iterator[str]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            _, *names = [arg.arg for arg in method.args.args]
            yield f"{node.name}({', '.join(names).replace('opts', 'opts=None')})"


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for first, second in zip(node.body, node.body[1:], strict=False):
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and isinstance(second, ast.Expr):
            text = second.value.value if isinstance(second.value, ast.Constant) else ""
            yield Field(first.target.id, ast.unparse(first.annotation), _text(str(text)))


def _component(one: Class, classes: dict[str, Class]) -> Iterator[str]:
    yield from ("", f"## {one.name}", "", *([f"    {one.call}", ""] if one.call else []), one.text)
    if args := classes.get(f"{one.name}Args"):
        yield from ("", args.text, "", *_rows(args, classes))
        for group in _groups(args, classes):
            yield from _section(group, classes)
    if one.fields:
        yield from ("", f"### Outputs of {one.name}", "", *_rows(one, classes))
    if one.methods:
        yield from ("", f"### Methods of {one.name}", "")
        yield from (f"- `{method.name}({method.type})`: {method.text}" for method in one.methods)
    for args in (classes[name] for method in one.methods for name in re.findall(r"\w+Args", method.type)):
        for group in (args, *_groups(args, classes)):
            yield from _section(group, classes)


def _section(group: Class, classes: dict[str, Class]) -> Iterator[str]:
    yield from ("", f"### {group.name}", "", group.text, "", *_rows(group, classes))


def _groups(args: Class, classes: dict[str, Class]) -> Iterator[Class]:
    for field in args.fields:
        if group := classes.get(_bare(field.type)):
            yield group
            yield from _groups(group, classes)


def _rows(one: Class, classes: dict[str, Class]) -> Iterator[str]:
    yield from ("| name | type | |", "|---|---|---|")
    for field in one.fields:
        text = field.text.replace("|", "\\|")
        yield f"| `{field.name}` | {_shown(field.type, classes)} | {text} |"


def _bare(annotation: str) -> str:
    return re.sub(r"NotRequired\[(.*)\]$", r"\1", annotation)


def _shown(annotation: str, classes: dict[str, Class]) -> str:
    bare = _bare(annotation)
    if bare in classes:
        return f"[{bare}](#{bare.lower()})"
    text = re.sub(r"pulumi\.(Input|Output)\[([^\[\]]*(?:\[[^\[\]]*\])?)\]", r"\1 of \2", bare)
    return text.replace("pulumi.", "")


def _text(docstring: str) -> str:
    """The docstring as one paragraph, its bare addresses as links."""
    joined = " ".join(docstring.split())
    return re.sub(r"(?<![(<])(https://\S+?)(?=[.,;]?(?:\s|$))", r"[AWS](\1)", joined)


if __name__ == "__main__":
    sys.stdout.write(page())
