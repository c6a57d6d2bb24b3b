"""The command line of the provider, and when it ends. Nothing is served here."""

import io
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from consumers.provider import provider
from error_texts import ErrorTexts

NAMED = ["--endpoint", "http://127.0.0.1:1"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections, servers and signal handlers that the provider asks for."""
    found: list[Any] = []

    @contextmanager
    def serve(aws: Any, engine: str) -> Generator[int]:
        found.append((aws, engine))
        yield 7

    def handle(number: int, handler: Any) -> None:
        found.append(number)
        if sys.stdin is None:  # nothing else ends it
            handler(number, None)

    monkeypatch.setattr(provider, "connect", lambda *arguments: arguments)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(provider, "serve", serve)
    monkeypatch.setattr(signal, "signal", handle)
    monkeypatch.delenv("LOCAL_AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: Any = None) -> None:
    monkeypatch.setattr(sys, "argv", ["provider", *arguments])
    monkeypatch.setattr(sys, "stdin", stdin)
    provider.main()


def test_started_by_an_engine_it_prints_its_port_and_ends_with_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: list[Any]
) -> None:
    monkeypatch.setenv("LOCAL_AWS_ACCESS_KEY_ID", "KEY")
    run(monkeypatch, *NAMED, "127.0.0.1:2", "--more", stdin=SimpleNamespace(buffer=io.BytesIO()))
    assert served == [signal.SIGINT, signal.SIGTERM, ((NAMED[1], "KEY", "us-east-1"), "127.0.0.1:2")]
    assert capsys.readouterr().out == "7\n"


def test_started_by_hand_it_ends_by_a_signal(monkeypatch: pytest.MonkeyPatch, served: list[Any]) -> None:
    run(monkeypatch, *NAMED, "--key", "MINE", "--region", "eu-west-1")
    assert served == [signal.SIGINT, signal.SIGTERM, ((NAMED[1], "MINE", "eu-west-1"), "")]


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (NAMED, 2), (["--help"], 0)], ids=["no endpoint", "no key", "help"]
)
def test_missing_arguments_are_an_error_and_the_help_lists_all(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error_text: ErrorTexts,
    served: list[Any],
    arguments: list[str],
    code: int,
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, *arguments)
    assert (ended.value.code, served) == (code, [])
    printed = capsys.readouterr()
    error_text(printed.err + printed.out)
