"""Commands that the page runs, in processes of their own."""

import time
from pathlib import Path

from consumers.ui.jobs import Call, Job, Jobs


def call(*arguments: str, ids: tuple[str, ...] = ()) -> Call:
    return Call("A title", arguments, arguments, len(ids), ids)


def ended(jobs: Jobs, job: Job) -> Job:
    end = time.monotonic() + 60
    while job.is_running:
        assert time.monotonic() < end
        time.sleep(0.01)
    return job


def test_a_command_that_is_refused_shows_why_and_has_failed(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    job = ended(jobs, jobs.start(call("resume", "hands", "--stack", "")))
    assert job.has_failed
    assert "No local AWS belongs to" in "\n".join(job.messages)
    assert job.outcome == {}


def test_an_outcome_is_the_json_that_the_command_prints(tmp_path: Path) -> None:
    ran: list[int] = []
    jobs = Jobs(tmp_path)
    job = ended(jobs, jobs.start(call("rules", "--json"), lambda job: ran.append(job.number)))
    assert (job.exit_code, job.has_failed) == (0, False)
    assert job.output.startswith("[")
    assert job.outcome == {}  # a list is no outcome
    assert (ran, jobs.version) == ([1], 2)


def test_a_folder_of_the_project_that_is_named_consumers_is_not_run_instead(tmp_path: Path) -> None:
    (tmp_path / "consumers").mkdir()
    (tmp_path / "consumers" / "__init__.py").touch()
    jobs = Jobs(tmp_path)
    assert ended(jobs, jobs.start(call("rules", "--json"))).exit_code == 0


def test_a_trial_in_which_nothing_passes_has_not_failed(tmp_path: Path) -> None:
    job = Job(1, call("try"), tmp_path, ended=1.0, exit_code=1, output='{"tried": 3, "passed": 0}')
    assert not job.has_failed
    assert Job(1, call("try"), tmp_path, ended=1.0, exit_code=1, output='{"done": 0}').has_failed


def test_a_command_is_shown_as_a_shell_takes_it() -> None:
    shown = Call("t", (), ("dlq", "redrive", "hands", "--set=a=it's 1")).line
    assert shown == "consumers dlq redrive hands '--set=a=it'\"'\"'s 1'"


def test_the_newest_jobs_come_first_and_a_number_is_never_used_twice(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for _ in range(2):
        ended(jobs, jobs.start(call("--version-that-is-not-there")))
    assert [job.number for job in jobs.all()] == [2, 1]
    assert jobs.find(3) is None
