"""The larger example, with the configuration `workflow: true`: sources and targets of its consumers.

uploads, posts → hand-histories → poker-hands → the ledger, and a topic → big-pots
every night    → summary, which reads the ledger
"""

import json
from typing import Any

import pulumi
from pulumi_aws import dynamodb, s3, sns

from components import (
    BucketEvents,
    DeadLetterQueue,
    FunctionOptions,
    HttpRoute,
    QueueConsumer,
    QueueConsumerArgs,
    QueueOptions,
    RetryOptions,
    Schedule,
    TopicSubscription,
)

# With a long function timeout, a failed message would otherwise be invisible for six times that: half an hour or more.
# A minute is long enough to survive a short outage.
RETRY = RetryOptions(base_delay_seconds=60)


class Workflow:
    """Created before the example's two consumers, whose arguments refer to its ledger and its topic."""

    def __init__(self, logs: FunctionOptions, queues: QueueOptions, big_pot: int) -> None:
        self.logs, self.queues, self.big_pot = logs, queues, big_pot
        protect = queues.get("protect", False)
        self.uploads = s3.Bucket("hand-histories-uploads", force_destroy=not protect)
        # The AWS managed key: its policy permits every principal in this account that may publish.
        self.topic = sns.Topic("big-pots-topic", kms_master_key_id="alias/aws/sns")
        self.ledger = dynamodb.Table(
            "ledger",
            billing_mode="PAY_PER_REQUEST",
            hash_key="hand_id",
            attributes=[{"name": "hand_id", "type": "S"}],
            deletion_protection_enabled=protect,
            point_in_time_recovery={"enabled": True},
        )

    def poker_hands(self) -> QueueConsumerArgs:
        """Arguments with which PokerHandsConsumer enters hands into the ledger and publishes big pots."""
        may_publish = _allow("sns:Publish", self.topic.arn)
        variables = {"BIG_POTS_TOPIC_ARN": self.topic.arn, "BIG_POT": str(self.big_pot)}
        return {
            "handler": "ledger_handler.handle",
            # About 500 hands a second. Without a limit, Lambda would soon exceed the 4,000 writes per second of a new
            # table, and good hands that are throttled three times would become dead letters.
            "mapping": {"maximum_concurrency": 5},
            **self._uses_ledger("UpdateItem", may_publish, **variables),
        }

    def big_pots(self) -> QueueConsumerArgs:
        """Arguments with which BigPotsConsumer receives big pots from the topic and logs each once."""
        return {
            "handler": "ledger_handler.handle",
            "memory_size": 512,  # with 128 MB, importing boto3 takes most of the timeout of 10 s
            "queue": {**self.queues, "allowed_senders": {"topics": [self.topic.arn]}},
            **self._uses_ledger("UpdateItem"),
        }

    def _uses_ledger(
        self, action: str, *statements: dict[str, Any], **variables: pulumi.Input[str]
    ) -> QueueConsumerArgs:
        return {
            "include": ["functions/ledger.py"],
            "environment": {"LEDGER_TABLE": self.ledger.name, **variables},
            "policy_statements": [_allow(f"dynamodb:{action}", self.ledger.arn), *statements],
        }

    def connect(self, poker_hands: QueueConsumer, big_pots: QueueConsumer) -> dict[str, pulumi.Output[str]]:
        """Create the sources of the two consumers, and return the exports."""
        undelivered = DeadLetterQueue("undelivered", {"allowed_senders": {"topics": [self.topic.arn]}})
        TopicSubscription(
            "big-pots-subscription", big_pots, {"topic": self.topic.arn, "dead_letter_queue_arn": undelivered.arn}
        )
        return {"ledgerTable": self.ledger.name, **self._histories(poker_hands), **self._summary(undelivered)}

    def _histories(self, poker_hands: QueueConsumer) -> dict[str, pulumi.Output[str]]:
        may_read = [
            _allow("s3:GetObject", pulumi.Output.concat(self.uploads.arn, "/*")),
            # Without this permission, S3 answers 403 instead of 404 for a deleted upload.
            _allow("s3:ListBucket", self.uploads.arn),
        ]
        histories = QueueConsumer(
            "hand-histories",
            QueueConsumerArgs(
                source="functions/hand_histories",
                include=["functions/poker_hands/hands.py"],
                runtime="python3.12",
                timeout=300,
                memory_size=512,
                batch_size=1,
                retry=RETRY,
                environment={"HANDS_QUEUE_URL": poker_hands.queue_url},
                policy_statements=[*may_read, *poker_hands.send_statements()],
                function=self.logs,
                queue={**self.queues, "allowed_senders": {"buckets": [self.uploads.arn]}},
            ),
        )
        histories.grant_send(histories.role)  # for the pieces of a large upload
        BucketEvents("uploads", self.uploads, [(histories, "", ".jsonl")])
        route = HttpRoute("post-histories", histories, {"route_key": "POST /histories"})
        return {
            "uploadsBucket": self.uploads.bucket,
            "postUrl": route.url,
            "handHistoriesQueueUrl": histories.queue_url,
            "handHistoriesLogGroupName": histories.log_group_name,
        }

    def _summary(self, undelivered: DeadLetterQueue) -> dict[str, pulumi.Output[str]]:
        summary = QueueConsumer(
            "summary",
            QueueConsumerArgs(
                source="functions/summary",
                runtime="python3.12",
                timeout=900,  # for the whole ledger
                memory_size=512,
                retry=RETRY,
                function=self.logs,
                queue=self.queues,
            )
            | self._uses_ledger("Scan"),
        )
        nightly = Schedule(
            "nightly",
            summary,
            {
                "schedule_expression": "cron(0 3 * * ? *)",
                "message": json.dumps({"ask": "summary"}),
                "dead_letter_queue": undelivered,
            },
        )
        return {"summarySchedule": nightly.schedule.name, "summaryLogGroupName": summary.log_group_name}


def _allow(action: str, resource: pulumi.Input[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}
