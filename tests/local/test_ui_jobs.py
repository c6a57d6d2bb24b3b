"""Commands that the page runs, in processes of their own."""

import json
import os
import socket
from pathlib import Path
from unittest.mock import Mock

import pytest

from consumers.local.emulator import connect
from consumers.ui.aws_site import Site
from consumers.ui.jobs import Call, Job, Jobs
from on_local_aws import wait_until


def call(*arguments: str, ids: tuple[str, ...] = ()) -> Call:
    return Call("A title", arguments, arguments, len(ids), ids)


def ended(jobs: Jobs, job: Job) -> Job:
    wait_until(lambda: not job.is_running)
    return job


def test_a_command_that_is_refused_shows_why_and_has_failed(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    job = ended(jobs, jobs.start(call("resume", "hands", "--stack", "")))
    assert job.has_failed
    assert "No local AWS belongs to" in "\n".join(job.messages)
    assert job.outcome == {}


def test_a_folder_of_the_project_that_is_named_consumers_is_not_run_instead(tmp_path: Path) -> None:
    (tmp_path / "consumers").mkdir()
    (tmp_path / "consumers" / "__init__.py").touch()
    jobs = Jobs(tmp_path)
    assert ended(jobs, jobs.start(call("rules", "--json"))).exit_code == 0


def test_an_outcome_is_the_json_that_the_command_prints(tmp_path: Path) -> None:
    ran: list[int] = []
    jobs = Jobs(tmp_path)
    job = ended(jobs, jobs.start(call("rules", "--json"), lambda job: ran.append(job.number)))
    assert (job.exit_code, job.has_failed) == (0, False)
    assert job.outcome == {}  # a list is no outcome
    wait_until(lambda: jobs.version == 2)
    assert ran == [1]


def test_a_trial_in_which_nothing_passes_has_not_failed(tmp_path: Path) -> None:
    job = Job(1, call("try"), tmp_path, ended=1.0, exit_code=1, outcome={"tried": 3, "passed": 0})
    assert not job.has_failed
    assert Job(1, call("try"), tmp_path, ended=1.0, exit_code=1, outcome={"done": 0}).has_failed


def test_a_command_is_shown_as_a_shell_takes_it() -> None:
    shown = Call("t", (), ("dlq", "redrive", "hands", "--set=a=it's 1")).line
    assert shown == "consumers dlq redrive hands '--set=a=it'\"'\"'s 1'"


def test_the_newest_jobs_come_first_and_a_number_is_never_used_twice(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for _ in range(2):
        ended(jobs, jobs.start(call("--version-that-is-not-there")))
    assert [job.number for job in jobs.all()] == [2, 1]
    assert jobs.find(3) is None


def test_a_value_that_no_argument_can_have_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    job = ended(jobs, jobs.start(call("pause", "hands", "--why=\0")))
    assert job.has_failed
    assert job.messages == ["It cannot be started: embedded null byte"]


def test_a_job_that_is_stopped_before_its_process_exists_never_starts(tmp_path: Path) -> None:
    job = Job(1, call("rules", "--json"), tmp_path)
    job.stop()
    job.run()
    assert (job.exit_code, job.messages) == (None, ["It cannot be started: it was stopped before"])


def test_what_is_known_of_each_letter_is_forgotten_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = {"tried": 2, "passed": 1, "passed_ids": ["a"], "failures": {"b": ""}}
    monkeypatch.setattr(Job, "_run", Mock(return_value=json.dumps(printed)))
    job = Job(1, call("try", ids=("a", "b")), tmp_path)
    noted: list[dict[str, object]] = []
    job.run(lambda job: noted.append(job.outcome))
    assert noted == [printed]
    assert (job.outcome, job.call.ids, job.call.count) == ({"tried": 2, "passed": 1}, (), 2)


@pytest.mark.parametrize("command", [("try", "orders"), ("dlq", "list", "orders")])
def test_on_a_local_aws_that_has_ended_a_command_does_not_fall_back_on_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as account, socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{account.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            monkeypatch.setenv(name, "of-an-account")
        closed.close()
        site = Site("local", lambda service: None, (), tmp_path, local=connect(f"http://127.0.0.1:{port}", "key"))
        jobs = Jobs(tmp_path, site.environment)
        job = ended(jobs, jobs.start(call(*command)))
        assert job.has_failed
        assert f'Could not connect to the endpoint URL: "http://127.0.0.1:{port}/"' in "\n".join(job.messages)
        account.setblocking(False)
        with pytest.raises(BlockingIOError):
            account.accept()


def test_on_an_account_commands_have_the_environment_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    site = Site("account", lambda service: None, ("--profile", "prod"), tmp_path)
    assert site.environment == dict(os.environ)
