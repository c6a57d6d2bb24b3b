"""A run on the local AWS, with the metrics that CloudWatch would have for its dashboard.

The local AWS has no metrics, so they come from polling queue attributes, from our own sends, and from the functions'
log lines.
"""

import json
import math
import re
import shutil
import tempfile
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import logs, queues

ROOT = Path(__file__).parents[1]
SECONDS, PATIENCE, LOOK = 30, 60, 0.2
POISON_EACH = 61  # one of so many hands is poison
GOOD, POISON = '{"user_id":"a","hole_cards":"AsKs","chip_delta":1,"result":"won"}', '{"user_id":"a"}'
HANDLER = """
import logging, os, time
import handler
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    time.sleep(float(os.environ["PAUSE"]))
    handler.handle.__wrapped__(record)
    logging.getLogger("handler").info("done %s", record.message_id)
"""
PROGRAM = """
import pulumi
from components import ConsumersDashboard, QueueConsumer, QueueConsumerArgs

def consumer(name, pause, **args):
    function, retry = {"record_metrics": True}, {"base_delay_seconds": 1, "maximum_delay_seconds": 2}
    made = QueueConsumer(name, QueueConsumerArgs(source="function", handler="watched.handle", timeout=10, retry=retry,
        max_receive_count=3, function=function, environment={"PAUSE": pause}, **args))
    pulumi.export(name, {"queue": made.queue_url, "dlq": made.dead_letter_queue_url, "logs": made.log_group_name,
        "queue name": made.queue_name, "dlq name": made.dead_letter_queue_name, "function": made.function_name})
    return made

quick, slow = consumer("poker-hands", "0.002"), consumer("slow-hands", "0.03", mapping={"maximum_concurrency": 2})
pulumi.export("dashboard", ConsumersDashboard("main", [quick, slow]).dashboard_name)
"""

Points = list[tuple[float, float]]
Figures = dict[tuple[str, str], Points]
"""The values of each metric of each queue or function, by seconds since the first hand."""


def run() -> tuple[dict[str, Any], Figures]:
    """Deploy two consumers, send them hands, and return their dashboard's document and its figures."""
    with tempfile.TemporaryDirectory() as folder, local_aws() as aws:
        project = Path(folder)
        shutil.copytree(ROOT / "functions" / "poker_hands", project / "function")
        (project / "function" / "watched.py").write_text(HANDLER)
        (project / "Pulumi.yaml").write_text("name: poker\nruntime: python\n")
        (project / "__main__.py").write_text(PROGRAM)
        exports = deploy(project, aws, stack="dev").exports
        body = aws.client("cloudwatch").get_dashboard(DashboardName=exports.pop("dashboard"))["DashboardBody"]
        return json.loads(body), _watched(aws, list(exports.values()))


def _watched(aws: LocalAws, consumers: list[dict[str, str]]) -> Figures:
    figures: Figures = defaultdict(list)
    sent: dict[str, dict[str, float]] = {consumer["queue"]: {} for consumer in consumers}
    start, wave = time.time(), 0
    while (now := time.time() - start) < SECONDS + PATIENCE:
        if now > wave and wave < SECONDS:
            for consumer in consumers:
                ids = _send(aws, consumer["queue"], wave)
                sent[consumer["queue"]] |= dict.fromkeys(ids, time.time() - start)
                figures["NumberOfMessagesSent", consumer["queue name"]].append((now, len(ids)))
            wave += 1
        left = [_look(aws, consumer, figures, now) for consumer in consumers]
        if wave == SECONDS and not any(left):
            break
        time.sleep(LOOK)
    for consumer in consumers:
        _read_log(aws, consumer, start, sent[consumer["queue"]], figures)
    return figures


def _send(aws: LocalAws, url: str, wave: int) -> list[str]:
    count = round(30 * (1 + math.sin(wave / 4)))
    bodies = [POISON if (wave * 31 + n) % POISON_EACH == 0 else GOOD for n in range(count)]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    tens = [entries[n : n + 10] for n in range(0, count, 10)]
    answers = [aws.client("sqs").send_message_batch(QueueUrl=url, Entries=ten) for ten in tens]
    return [message["MessageId"] for answer in answers for message in answer["Successful"]]


def _look(aws: LocalAws, consumer: dict[str, str], figures: Figures, now: float) -> int:
    """Record the depth of both queues, and return that of the main queue."""
    depths = {queue: queues.depth(aws.client("sqs"), consumer[queue]) for queue in ("queue", "dlq")}
    for queue, depth in depths.items():
        figures["ApproximateNumberOfMessagesVisible", consumer[f"{queue} name"]].append((now, depth.visible))
        figures["ApproximateNumberOfMessagesNotVisible", consumer[f"{queue} name"]].append((now, depth.in_flight))
    return depths["queue"].total


def _read_log(aws: LocalAws, consumer: dict[str, str], start: float, sent: dict[str, float], figures: Figures) -> None:
    log, looks = _Log(consumer, start), figures["ApproximateNumberOfMessagesVisible", consumer["queue name"]]
    for line in logs.Tail(aws.client("logs"), consumer["logs"]).new():
        log.read(line)
    for begun, _ in log.invocations:
        log.add("ConcurrentExecutions", begun, sum(one <= begun < end for one, end in log.invocations))
    for when, _ in looks:
        waiting = [when - at for id, at in sent.items() if at <= when < log.ended.get(id, math.inf)]
        log.add("ApproximateAgeOfOldestMessage", when, max(waiting, default=0))
    figures |= log.figures


class _Log:
    """The metrics in a function's log lines."""

    def __init__(self, consumer: dict[str, str], start: float) -> None:
        self.names, self.start = (consumer["queue name"], consumer["function"]), start
        self.figures: Figures = defaultdict(list, {("Errors", self.names[1]): [(0.0, 0.0)]})
        self.invocations: Points = []
        """Start and end of each."""
        self.ended: dict[str, float] = {}
        """When each message was handled or dead-lettered, by id."""
        self._begun: dict[str, float] = {}

    def add(self, metric: str, when: float, value: float) -> None:
        self.figures[metric, self.names["Message" not in metric]].append((when, value))

    def read(self, line: logs.Line) -> None:
        when = line.timestamp / 1_000 - self.start
        if line.message.startswith('{"_aws"'):
            self._count(line.stream, json.loads(line.message))
        elif found := re.match(r"\[INFO]\t(\S+)\t.*\tinvoke .* records=(\d+)", line.message):
            self._begun[line.stream] = datetime.fromisoformat(found[1]).timestamp() - self.start
            self.add("Invocations", self._begun[line.stream], 1)
            self.add("NumberOfMessagesReceived", self._begun[line.stream], int(found[2]))
        elif found := re.match(r"REPORT .*\tDuration: ([\d.]+) ms", line.message):
            self.add("Duration", when, float(found[1]))
        elif found := re.search(r"\tdone (\S+)|FAIL message_id=(\S+) receive_count=3 ", line.message):
            self.ended[found[1] or found[2]] = when
        elif "Task timed out" in line.message or line.message.startswith("Traceback"):
            self.add("Errors", when, 1)

    def _count(self, stream: str, counted: dict[str, Any]) -> None:
        when = counted["_aws"]["Timestamp"] / 1_000 - self.start
        self.invocations.append((self._begun[stream], when))
        self.add("NumberOfMessagesDeleted", when, counted["Handled"] + counted["Rejected"])
        for metric in ("Handled", "Failed", "Rejected", "NotStarted"):
            self.add(metric, when, counted[metric])
