"""A dead letter becomes a test that fails now and passes after the fix: `consumers try --save-tests`."""

import base64
import errno
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from consumers.working_copy.saved_tests import PERSONAL, FailedLetter, SavedTests, SavedTestsError, save
from error_texts import ErrorTexts
from saved_test_project import HANDLERS, NAMES, SavedTestProject, letter

GOOD = letter('{"result": "won"}', "00000000-0000-4000-8000-000000000000")
BAD = letter('{"result": "split"}')
LATER = letter('{"result": "folded"}', "00000000-0000-4000-8000-000000000002")
KINDS = [kind for kind in HANDLERS if kind != "node" or shutil.which("node")]


class Runs:
    """All kinds of handlers, with the tests that were saved of the same batch, run before the fix and after it."""

    def __init__(self, folder: Path) -> None:
        project = SavedTestProject(folder).write({kind: HANDLERS[kind] for kind in KINDS})
        self.saved = {kind: project.save(kind, [GOOD, BAD, LATER]) for kind in KINDS}
        self.files = project.files()
        self.before = project.pytest("-p", "xdist", "-n", "2", "-vv").stdout
        for kind in KINDS:
            project.write_handler(kind, HANDLERS[kind].replace('"split" in', '"?" in').replace('"split")', '"?")'))
        self.after = project.pytest("-vv").stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"))


def project(folder: Path, handler: str = HANDLERS["each"]) -> SavedTestProject:
    return SavedTestProject(folder).write({"each": handler})


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_test_fails_before_the_fix_and_passes_after_it(kind: str, runs: Runs) -> None:
    assert [path.name for path in runs.saved[kind].written] == [f"test_{kind}_{NAMES[kind]}.py"]
    test = f"tests/test_{kind}_{NAMES[kind]}.py::test_{NAMES[kind]}"
    assert f"FAILED {test}" in runs.before
    assert f"{test} PASSED" in runs.after


def test_the_failure_says_the_reason_and_shows_the_log(runs: Runs) -> None:
    id = BAD.id
    for reason in ("no such result: 'split'", "Runtime.ExitError: Runtime exited with error: exit status 3"):
        assert f"{{'{id}': \"{reason}\"}} == {{}}" in runs.before or f"{{'{id}': '{reason}'}} == {{}}" in runs.before
    assert "log of the handler" in runs.before
    assert f"FAIL message_id={id} receive_count=1 reason=no such result: 'split'" in runs.before
    assert "working_copies.py" not in runs.before


@pytest.mark.parametrize("kind", KINDS)
def test_the_message_of_the_test_is_the_one_that_fails_on_its_own(kind: str, runs: Runs) -> None:
    (record,) = json.loads(runs.files[f"{kind}/{NAMES[kind].replace('_', '-')}.json"])["Records"]
    assert (record["messageId"], record["body"]) == (BAD.id, BAD.body)
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert runs.saved[kind].notes == [PERSONAL]


def test_neither_receipt_handles_nor_accounts_nor_senders_are_written(runs: Runs) -> None:
    assert not [secret for secret in ("999988887777", "AROAEXAMPLE", "a receipt handle") if secret in str(runs.files)]


def test_a_message_arrives_in_the_test_as_it_was(tmp_path: Path) -> None:
    handler = """
        import hashlib
        from sqs_batch import Record, batch_handler

        @batch_handler
        def handle(record: Record) -> None:
            raw = record.message_attributes["raw"]
            assert raw["dataType"] == "Binary.picture"
            digest = hashlib.sha256(record.body.encode()).hexdigest()
            raise ValueError(f"{digest} {raw['binaryValue']} {record.receive_count}")
    """
    body = 'no JSON: \u2028 Grüße\r\n\t\N{PARTY POPPER} \\ "'
    raw: dict[str, Any] = {"DataType": "Binary.picture", "BinaryValue": b"\x00\xff"}
    one = project(tmp_path, handler)
    assert len(one.save("each", [letter(body, raw=raw)]).written) == 1
    expected = f"{hashlib.sha256(body.encode()).hexdigest()} {base64.b64encode(raw['BinaryValue']).decode()} 1"
    assert f"reason={expected}" in one.pytest().stdout


def test_a_second_run_adds_new_reasons_only_and_keeps_what_is_there(tmp_path: Path) -> None:
    handler = """
        from sqs_batch import Record, batch_handler

        @batch_handler
        def handle(record: Record) -> None:
            raise ValueError(record.json["error"])
    """
    one = project(tmp_path, handler)
    first = one.save("each", [letter('{"error": "no table"}')])
    before = one.files()
    second = one.save("each", [letter('{"error": "no table", "n": 2}', "2"), letter('{"error": "no cards"}', "3")])
    assert [path.name for path in first.written] == ["test_each_no_table.py"]
    assert ([path.name for path in second.written], second.kept) == (["test_each_no_cards.py"], first.written)
    assert {**one.files(), **before} == one.files()
    (tmp_path / "tests" / "test_each_no_table.py").unlink()  # the fixture may be used by a test that was renamed
    third = one.save("each", [letter('{"error": "no table"}')])
    assert (third.written, [path.name for path in third.kept]) == ([], ["no-table.json"])


def test_the_files_do_not_depend_on_the_order_of_the_messages(tmp_path: Path) -> None:
    letters = [letter(f'{{"result": "split", "n": {n}}}', str(n)) for n in range(5)]
    files: list[dict[str, str]] = []
    for name, order in (("a", letters), ("b", letters[::-1])):
        (tmp_path / name).mkdir()
        one = project(tmp_path / name)
        one.save("each", order)
        files.append(one.files())
    assert files[0] == files[1]
    assert '"messageId": "0"' in str(files[0])


def test_a_redacted_message_still_fails_for_the_same_reason(tmp_path: Path) -> None:
    handler = """
        from sqs_batch import Record, batch_handler

        @batch_handler
        def handle(record: Record) -> None:
            raise ValueError(f"{record.json['player']['name']} has no table")
    """
    one = project(tmp_path, handler)
    letters = [
        letter(f'{{"player": {{"name": "{name}"}}}}', str(n)) for n, name in enumerate(("7", "8", "Anna", "Bea"))
    ]
    saved = one.save("each", letters, "player.name", "attributes.MessageGroupId")
    assert ([path.name for path in saved.written], saved.kept) == (["test_each_redacted_has_no_table.py"], [])
    assert saved.notes == []
    assert "Anna" not in str(one.files())


def test_a_redaction_that_changes_the_outcome_is_said_and_no_test(tmp_path: Path, error_text: ErrorTexts) -> None:
    one = project(tmp_path)
    saved = one.save("each", [BAD], "result")
    assert (saved.written, one.files()) == ([], {})
    error_text(saved.notes[0])


def test_a_handler_that_calls_aws_gets_no_test_that_could_never_pass(tmp_path: Path, error_text: ErrorTexts) -> None:
    handler = """
        import boto3

        def handle(event, context):
            boto3.client("dynamodb").list_tables()
    """
    one = project(tmp_path, handler)
    saved = one.save("each", [BAD])
    assert (saved.written, one.files()) == ([], {})
    error_text(saved.notes[0])


@pytest.mark.parametrize(
    ("folder", "redact"), [("..", ()), ("tests", ("result", "player.name"))], ids=["folder", "path"]
)
def test_a_wrong_folder_or_path_is_an_error_before_anything_is_written(
    folder: str, redact: tuple[str, ...], tmp_path: Path, error_text: ErrorTexts
) -> None:
    (tmp_path / "program").mkdir()
    one = project(tmp_path / "program")
    failed = [FailedLetter(each.record, each.reason) for each in one.failed("each", [BAD])]
    with pytest.raises(SavedTestsError) as caught:
        save(one.folder / folder, one.copy("each"), one.folder, "dev", failed, redact)
    assert one.files() == {}
    error_text(str(caught.value).replace(str(tmp_path), "FOLDER"))


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("method", ["write_text", "replace"])
def test_a_full_disk_or_ctrl_c_leaves_no_file(
    method: str, call: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = project(tmp_path)
    failed = one.failed("each", [BAD])
    original, calls = getattr(Path, method), list[Any]()

    def fail(self: Path, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == call + 1:
            raise error
        return original(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Path, method, fail)
        with pytest.raises((SavedTestsError, KeyboardInterrupt)):
            save(tmp_path / "tests", one.copy("each"), tmp_path, "dev", failed)
    assert one.files() == {}
    assert save(tmp_path / "tests", one.copy("each"), tmp_path, "dev", failed).written


def test_a_saved_test_is_found_again_where_the_project_moves(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    project(tmp_path / "old").save("each", [BAD])
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = SavedTestProject(tmp_path / "new")
    assert "no such result" in moved.pytest().stdout


def test_messages_that_pass_on_their_own_are_said(tmp_path: Path, error_text: ErrorTexts) -> None:
    handler = "def handle(event, context):\n    assert len(event['Records']) == 1, 'too many'\n"
    saved: SavedTests = project(tmp_path, handler).save("each", [GOOD, LATER])
    assert (saved.written, len(saved.notes)) == ([], 1)
    error_text(saved.notes[0])
