"""Runs the screen of `consumers dev` as a program, on a local AWS that is there already, and without the loop.

Its arguments are a JSON object: endpoint_url, access_key_id, project, stack, and `calls` of the view's methods, which
are made at first.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from consumers.dev.screen import Screen
from consumers.local.emulator import LocalAws, connect
from consumers.operations import discovery
from consumers.operations.logs import Tail


def follow(aws: LocalAws, screen: Screen, stack: str) -> None:
    tails: dict[str, Tail] = {}
    while True:
        for one in discovery.find(aws.client, stack=stack):
            tail = tails.setdefault(one.name, Tail(aws.client("logs"), one.log_group or ""))
            try:
                for line in tail.new():
                    screen.log(one.name, line.message)
            except aws.client("logs").exceptions.ResourceNotFoundException:
                continue
        time.sleep(0.2)


def main(options: dict[str, Any]) -> None:
    aws = connect(options["endpoint_url"], options["access_key_id"])
    screen = Screen(Path(options["project"]), options["stack"])
    screen.started(options["stack"], aws, [])
    for method, *arguments in options["calls"]:
        getattr(screen, method)(*arguments)
    threading.Thread(target=follow, args=(aws, screen, options["stack"]), daemon=True).start()
    screen.run(threading.Event())
    sys.stdout.write("The screen has ended.\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
