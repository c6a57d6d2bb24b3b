"""Write docs/arguments.md from the docstrings of `components`, which the plugin's schema uses too."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# Arguments

All arguments, outputs and methods of the components. *Input* means that a value may also be an Output. All other values
are plain, and the constructor checks them. `make docs` writes this page from the docstrings, and a test compares them.
"""

WITHOUT_ARGS = ("BucketEvents", "BucketListener", "ConsumersDashboard")
"""Public classes without an `…Args` dict."""


@dataclass(frozen=True)
class Field:
    """A field or a method, with its docstring."""

    name: str
    type: str
    """The annotation; of a method, its parameters."""
    text: str


@dataclass(frozen=True)
class Class:
    """A class with its documented fields and its public methods."""

    name: str
    text: str
    fields: list[Field]
    methods: list[Field]
    constructor: str
    """The call that creates it; empty without an own constructor."""


def page() -> str:
    """Return the whole page."""
    folders = (ROOT / "components", ROOT / "components" / "sources")
    files = [path for folder in folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("__")]
    classes = {found.name: found for path in files for found in _classes(path)}
    components = [found for found in classes.values() if f"{found.name}Args" in classes or found.name in WITHOUT_ARGS]
    components.sort(key=lambda component: (component.name != "QueueConsumer", component.name))
    return "\n".join([HEAD, *(line for component in components for line in _component(component, classes))])


def _classes(path: Path) -> Iterator[Class]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            methods = [
                Field(f.name, ast.unparse(f.args), _text(ast.get_docstring(f) or ""))
                for f in node.body
                if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")
            ]
            text = _text(ast.get_docstring(node) or "")
            yield Class(node.name, text, list(_fields(node)), methods, _constructor(node))


def _constructor(node: ast.ClassDef) -> str:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            _, *names = [arg.arg for arg in method.args.args]
            return f"{node.name}({', '.join(names).replace('opts', 'opts=None')})"
    return ""


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for first, second in zip(node.body, node.body[1:], strict=False):
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and isinstance(second, ast.Expr):
            text = second.value.value if isinstance(second.value, ast.Constant) else ""
            yield Field(first.target.id, ast.unparse(first.annotation), _text(str(text)))


def _component(component: Class, classes: dict[str, Class]) -> Iterator[str]:
    call = [f"    {component.constructor}", ""] if component.constructor else []
    yield from ("", f"## {component.name}", "", *call, component.text)
    if args := classes.get(f"{component.name}Args"):
        yield from ("", args.text, "", *_rows(args, classes))
        for group in _groups(args, classes):
            yield from _section(group, classes)
    if component.fields:
        yield from ("", f"### Outputs of {component.name}", "", *_rows(component, classes))
    if component.methods:
        yield from ("", f"### Methods of {component.name}", "")
        yield from (f"- `{method.name}({method.type})`: {method.text}" for method in component.methods)
    for name in (name for method in component.methods for name in re.findall(r"\w+Args", method.type)):
        for group in (classes[name], *_groups(classes[name], classes)):
            yield from _section(group, classes)


def _section(group: Class, classes: dict[str, Class]) -> Iterator[str]:
    yield from ("", f"### {group.name}", "", group.text, "", *_rows(group, classes))


def _groups(args: Class, classes: dict[str, Class]) -> Iterator[Class]:
    """Yield the groups among the arguments, and the groups inside these."""
    for field in args.fields:
        group = classes.get(_item(_required(field.type)))
        if group and f"{group.name}Args" not in classes:  # a component has a section of its own
            yield group
            yield from _groups(group, classes)


def _rows(documented: Class, classes: dict[str, Class]) -> Iterator[str]:
    yield from ("| name | type | |", "|---|---|---|")
    for field in documented.fields:
        text = field.text.replace("|", "\\|")
        yield f"| `{field.name}` | {_type(field.type, classes)} | {text} |"


def _required(annotation: str) -> str:
    return re.sub(r"NotRequired\[(.*)\]$", r"\1", annotation)


def _item(annotation: str) -> str:
    """Return the type of a list's items, and any other type as it is."""
    return re.sub(r"list\[(\w+)\]$", r"\1", annotation)


def _type(annotation: str, classes: dict[str, Class]) -> str:
    """Return a group as a link, and `pulumi.Input[str]` as `Input of str`."""
    required = _required(annotation)
    if (item := _item(required)) in classes:
        return f"{'list of ' if item != required else ''}[{item}](#{item.lower()})"
    text = re.sub(r"pulumi\.(Input|Output)\[([^\[\]]*(?:\[[^\[\]]*\])?)\]", r"\1 of \2", required)
    return text.replace("pulumi.", "")


def _text(docstring: str) -> str:
    """Return the docstring as one paragraph, with its URLs as links."""
    joined = " ".join(docstring.split())
    return re.sub(r"(?<![(<`])(https://\S+?)(?=[.,;]?(?:\s|$))", r"[AWS](\1)", joined)


if __name__ == "__main__":
    sys.stdout.write(page())
