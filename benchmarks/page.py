"""The page of `consumers ui` with 100 consumers on the local AWS: the first page, and memory after an hour of figures.

The page runs in a process of its own. The alternative to the first page is `consumers status`, which asks for the same.
"""

import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from benchmarks.status_scale import CONSUMERS, deploy_many, status_seconds
from consumers.local import background
from consumers.local.emulator import connect
from consumers.ui.aws_site import Site
from consumers.ui.measuring import PERIOD, Sampling, key_of
from consumers.ui.series import HOUR, NAMES, History
from consumers.ui.server import Server

ROUNDS = 20
GOAL_MB = 150


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            aws = background.ensure(folder, "us-east-1")
            deploy_many(aws, folder)
            status = [status_seconds(folder, CONSUMERS) for _ in range(3)]
            found = _measured(aws.endpoint_url, aws.access_key_id, folder)
        finally:
            background.stop(folder)
    first, megabytes = statistics.median(found["seconds"]), found["megabytes"]
    against = f"consumers status, {statistics.median(status):.2f} s"
    page = Row(f"page: {CONSUMERS} consumers (goal: 0.3 s)", first, "s", against, first / statistics.median(status))
    memory = Row("page: memory after an hour", megabytes, "MB", f"goal {GOAL_MB} MB", megabytes / GOAL_MB, 1)
    return [page, memory]


def _measured(endpoint_url: str, access_key_id: str, folder: Path) -> Any:
    command = [sys.executable, "-m", "benchmarks.page", endpoint_url, str(folder)]
    ran = subprocess.run(command, input=access_key_id, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


def _page(endpoint_url: str, folder: Path) -> dict[str, Any]:
    aws = connect(endpoint_url, sys.stdin.read(), "us-east-1")
    server = Server(Site("the local AWS", aws.client, (), folder, None, aws), 0)
    server.start()
    cookie = _cookie(server)
    _get(server, cookie)
    while server.state.watch.view.taken is None:
        time.sleep(0.1)
    _add_an_hour(server)
    seconds = [_timed(server, cookie) for _ in range(ROUNDS)]
    megabytes = _resident() / 2**20
    server.stop()
    return {"seconds": seconds, "megabytes": megabytes}


def _add_an_hour(server: Server) -> None:
    """Add the points that an hour of sampling adds."""
    measuring = server.state.watch.measuring
    assert isinstance(measuring, Sampling)
    now = time.time()
    for row in server.state.watch.view.rows:
        history = History(PERIOD)
        for number in range(int(HOUR / PERIOD)):
            history.add(now - HOUR + number * PERIOD, {name: random.random() * 1_000 for name in NAMES})
        measuring.sampled[key_of(row.consumer)].history = history


def _timed(server: Server, cookie: str) -> float:
    start = time.perf_counter()
    text = _get(server, cookie)
    seconds = time.perf_counter() - start
    if text.count('<th scope="row">') != CONSUMERS:
        raise RuntimeError("the page has not all consumers")
    return seconds


def _cookie(server: Server) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("GET", server.address.partition(str(server.port))[2])
        return str(connection.getresponse().getheader("set-cookie")).partition(";")[0]


def _get(server: Server, cookie: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("GET", "/", headers={"Cookie": cookie})
        return connection.getresponse().read().decode()


def _resident() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    print(json.dumps(_page(sys.argv[1], Path(sys.argv[2]))))
