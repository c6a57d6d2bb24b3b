"""`consumers ui` as a command, and the page that `consumers dev` serves."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from consumers import ui
from consumers.cli import main
from consumers.dev.paged import Paged
from consumers.local.emulator import LocalAws
from dev_loop import Recorded
from on_local_aws import wait_until
from ui_page import LETTERS, ORDERS, PageProject, order


@contextmanager
def started(*options: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
    """Start the command, and yield its process and the address that it prints."""
    command = [sys.executable, "-m", "consumers", "ui", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.kill()


def get(address: str, headers: dict[str, str], form: dict[str, str] | None = None) -> tuple[int, str]:
    """Get a page, or send a form from our own origin."""
    found = re.search(r"(http://127\.0\.0\.1:(\d+))(/\S*)", address)
    assert found, address
    with closing(http.client.HTTPConnection("127.0.0.1", int(found[2]), timeout=30)) as connection:
        if form is None:
            connection.request("GET", found[3], headers=headers)
        else:
            connection.request("POST", found[3], urlencode(form), {**headers, "Origin": found[1]})
        answer = connection.getresponse()
        return answer.status, str(answer.getheader("set-cookie")) + answer.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_prints_an_address_that_opens_and_serves_until_a_signal_ends_it_with_0(
    shop: PageProject, number: signal.Signals
) -> None:
    with started("--project", str(shop.folder)) as (process, line):
        assert line.startswith("The page of the local AWS, us-east-1: http://127.0.0.1:")
        status, text = get(line, {})
        assert status == 303
        cookie = text.partition(";")[0]
        status, text = get(line.partition("?")[0], {"Cookie": cookie})
        assert (status, "read-only" in text) == (200, True)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in output + errors) == (0, False)


def test_ctrl_c_ends_an_action_that_is_under_way_before_the_page_ends(shop: PageProject) -> None:
    shop.clear()
    shop.fail(order(1))
    shop.handler.write_text("import time\n\n\ndef handle(event, context):\n    time.sleep(60)\n")
    with started("--project", str(shop.folder), "--write") as (process, line):
        cookie = {"Cookie": get(line, {})[1].partition(";")[0]}
        address = line.partition("/?")[0]
        wait_until(lambda: "1 match" in get(f"{address}{LETTERS}?text=id", cookie)[1])
        _, text = get(f"{address}{ORDERS}/ask", cookie, {"action": "try", "which": "listed"})
        (question,) = re.findall(r"/questions/\d+", text)
        assert get(f"{address}{question}", cookie, {})[0] == 303
        job = wait_until(lambda: children(process))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        with pytest.raises(ProcessLookupError):
            os.kill(int(job), 0)


def children(process: "subprocess.Popen[str]") -> str:
    return subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout


def test_a_port_that_is_taken_is_an_error_in_one_line(shop: PageProject) -> None:
    with shop.served() as server:
        options = ["ui", "--project", str(shop.folder), "--port", str(server.port)]
        result = CliRunner().invoke(main, options)
        assert result.exit_code == 1
        assert f"The page cannot use port {server.port}: Address already in use. Choose another." in result.stderr


def test_without_its_extra_it_says_how_to_get_it(shop: PageProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "NEEDED", ("jinja2", "not_installed_here"))
    result = CliRunner().invoke(main, ["ui", "--project", str(shop.folder)])
    assert result.exit_code == 1
    assert "The page needs not_installed_here: pip install 'sqs-queue-consumer[ui]'" in result.stderr


def test_actions_on_an_account_require_an_option_that_names_it(
    aws: LocalAws, account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    result = CliRunner().invoke(main, ["ui", "--write", "--project", str(tmp_path)])
    assert result.exit_code == 1
    assert "--write on AWS requires --aws, --profile or --region." in result.stderr


def test_dev_serves_the_page_of_its_stack_with_actions(shop: PageProject) -> None:
    view = Recorded()
    paged = Paged(view, shop.folder, "dev")
    paged.started("dev", shop.aws, ["orders"])
    wait_until(lambda: view.messages)
    (address,) = view.messages
    status, text = get(address, {})
    assert status == 303
    status, text = get(address.partition("?")[0], {"Cookie": text.partition(";")[0]})
    assert (status, "read-only" in text) == (200, False)
    paged.started("dev", shop.aws, ["orders"])
    paged.end()
    with pytest.raises(ConnectionRefusedError):
        get(address, {})
    assert view.messages == [address]


def test_dev_goes_on_without_a_page_where_the_extra_is_not_installed(
    shop: PageProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui, "NEEDED", ("not_installed_here",))
    view = Recorded()
    paged = Paged(view, shop.folder, "dev")
    paged.started("dev", shop.aws, ["orders"])
    assert view.consumers == ["orders"]
    assert not [thread for thread in threading.enumerate() if thread.name == "start of the page"]
    paged.end()


def test_a_page_that_dev_is_about_to_start_does_not_outlive_it(shop: PageProject) -> None:
    view = Recorded()
    paged = Paged(view, shop.folder, "dev")
    paged.end()
    paged.started("dev", shop.aws, ["orders"])
    for thread in [one for one in threading.enumerate() if one.name == "start of the page"]:
        thread.join(60)
    assert view.messages == []
