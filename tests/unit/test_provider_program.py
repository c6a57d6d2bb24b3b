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

NAMED = ["--endpoint", "http://127.0.0.1:1"]
USAGE = (
    "usage: python -m consumers.provider.provider [-h] --endpoint URL [--region REGION] [--key ACCESS_KEY] [engine]\n{}"
)


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
    ("arguments", "text"),
    [
        ([], "the following arguments are required: --endpoint"),
        (NAMED, "the access key of the local AWS is missing: pass --key, or set LOCAL_AWS_ACCESS_KEY_ID"),
    ],
)
def test_missing_arguments_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    served: list[Any],
    arguments: list[str],
    text: str,
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, *arguments)
    assert (ended.value.code, served) == (2, [])
    assert capsys.readouterr().err == USAGE.format(f"python -m consumers.provider.provider: error: {text}\n")


def test_the_help_lists_the_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: list[Any]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--help")
    key = "of the local AWS (default: LOCAL_AWS_ACCESS_KEY_ID, which the machine's other users cannot see)"
    assert capsys.readouterr().out == USAGE.format(f"""
The Pulumi provider `aws`.

positional arguments:
  engine            the engine's address, passed by the engine

options:
  -h, --help        show this help message and exit
  --endpoint URL    of the local AWS
  --region REGION   for programs that name none (default: us-east-1)
  --key ACCESS_KEY  {key}
""")
