"""Whether a function has its handler: the handler's form, its file, and its definition or export there."""

from pathlib import Path
from typing import Any

import pytest

from components.settings.findings import Level
from rule_cases import LAYER
from validate import findings_of, rules_of, settings_of

NODE = {"runtime": "nodejs22.x", "handler": "index.handle"}


@pytest.mark.parametrize(
    ("runtime", "handler", "valid"),
    [
        ("nodejs22.x", "src/index.handler", True),
        ("nodejs22.x", "index", False),
        ("ruby3.4", "app", False),
        ("java21", "shop.Hands::handle", True),
        ("java21", "handler.handle", False),  # our default, which no Java function has
        ("java21", "shop.Hands:handle", False),
        ("dotnet8", "Shop::Shop.Hands::Handle", True),
        ("dotnet8", "Shop::Hands", False),
        ("python3.13", "handle", False),
    ],
)
def test_a_handler_must_have_the_form_of_its_language(runtime: str, handler: str, valid: bool) -> None:
    args: dict[str, Any] = {"code": object(), "runtime": runtime, "handler": handler}
    assert [finding.rule for finding in findings_of(args)] == ([] if valid else ["handler-form"])


@pytest.mark.parametrize(
    ("runtime", "handler", "file"),
    [
        ("nodejs22.x", "src/index.handle", "src/index.mjs"),
        ("nodejs22.x", "./index.handle", "index.cjs"),
        ("ruby3.4", "app.handle", "app.rb"),
        ("java21", "shop.Hands::handle", "shop/Hands.class"),
        ("java21", "shop.Hands::handle", "lib/anything.jar"),
        ("dotnet8", "Shop::Shop.Hands::Handle", "Shop.dll"),
        ("provided.al2023", "anything", "bootstrap"),
        ("python3.13", "app.main.run", "app/main.py"),
    ],
)
def test_the_file_of_the_handler_must_exist(folder: Path, runtime: str, handler: str, file: str) -> None:
    missing = "handler-missing" if runtime.startswith("python") else "handler-file-missing"
    assert rules_of(folder, runtime=runtime, handler=handler) == [missing]
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("run = 1" if runtime.startswith("python") else "exports.handle = () => null;")
    assert rules_of(folder, runtime=runtime, handler=handler) == []


@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.13"])
def test_a_layer_may_contain_the_handler(folder: Path, runtime: str) -> None:
    assert rules_of(folder, runtime=runtime, handler="wrapper.handle", function={"layers": [LAYER]}) == []


@pytest.mark.parametrize(
    ("body", "defined"),
    [
        ("async def handle(event, context): ...", True),
        ("class handle: ...", True),
        ("handle = print", True),
        ("from other import *", True),
        ("try:\n    from fast import handle\nexcept ImportError:\n    def handle(e, c): ...", True),
        ("a, handle = 1, print", True),
        ("def other():\n    handle = 1", False),
        ("other = lambda handle: handle", False),
        ("", False),
    ],
)
def test_a_python_handler_must_be_defined_at_the_top_level(folder: Path, body: str, defined: bool) -> None:
    (folder / "handler.py").write_text(f"raises_on_import = 1 / 0\n{body}\n")
    assert rules_of(folder) == ([] if defined else ["handler-missing"])


def test_syntax_that_may_be_newer_than_this_python_is_a_warning(folder: Path) -> None:
    (folder / "handler.py").write_text("type Hand = dict[[]\ndef handle(e, c): ...\n")
    (finding,) = findings_of({"source": str(folder), "runtime": "python3.99"})
    assert (finding.rule, finding.level) == ("handler-syntax", Level.WARNING)


def test_a_python_function_in_another_runtime_does_not_use_sqs_batch(folder: Path) -> None:
    (folder / "index.js").write_text("exports.handle = () => null;")
    (folder / "build.py").write_text("import sqs_batch\n")
    settings = settings_of({"source": str(folder), **NODE})
    assert (settings.has_runtime, settings.dead_letter_queue.allow_rejects) == (False, False)
    assert rules_of(folder, **NODE, retry={}) == ["retry-without-runtime"]


def test_a_bundle_above_1_mb_is_not_searched_for_the_export(folder: Path) -> None:
    for spaces, rules in ((999_000, ["handler-export-missing"]), (1_000_000, [])):
        (folder / "index.js").write_text("exports.other = 1;" + " " * spaces)
        assert rules_of(folder, **NODE) == rules


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        ("exports.handle = async () => {};", True),
        ("exports['handle'] = handle;", True),
        ("module.exports = { async handle(event) { return {}; } };", True),
        ("module.exports = { ...require('./other') };", True),
        ("module.exports = require('./other');", True),
        ("Object.defineProperty(exports, '__esModule', { value: true });\nexports.handle = void 0;", True),
        ("Object.defineProperty(exports, 'handle', { get: () => handle });", True),
        ("__export(src_exports, { handle: () => handle });\nmodule.exports = __toCommonJS(src_exports);", True),
        ("export async function handle(event) {}", True),
        ("export function* handle() {}", True),
        ("export let a = 1, handle = 2;", True),
        ("export const { handle } = other;", True),
        ("export { work as handle, other };", True),
        ("exports.handle == 1;", False),
        ("module.exports = { handler };", False),
        ("// exports.handle = work;\nexports.other = work;", False),
        ("function handle() {}\nexport default handle;", False),
        ("export { handle as default };", False),
        ("", False),
    ],
)
def test_a_node_module_must_export_the_handler(folder: Path, text: str, exported: bool) -> None:
    (folder / "index.js").write_text(text)
    assert rules_of(folder, **NODE) == ([] if exported else ["handler-export-missing"])
