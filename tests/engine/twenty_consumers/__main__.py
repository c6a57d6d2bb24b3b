"""Twenty consumers, each in another corner: what test_twenty_consumers.py brings up, sends messages to and destroys."""

from typing import Any

import pulumi
import pulumi_aws as aws

from components import ConsumersDashboard, DeadLetterQueue, QueueConsumer

KEY = "arn:aws:kms:us-east-1:000000000000:key/1a2b"
ON_CALL = "arn:aws:sns:us-east-1:000000000000:on-call"
consumers: list[QueueConsumer] = []


def consumer(name: str, source: str | None = "hand", **args: Any) -> QueueConsumer:
    given = {"timeout": 5, **({"source": f"functions/{source}"} if source else {}), **args}
    made = QueueConsumer(name, given)  # pyright: ignore[reportArgumentType]
    consumers.append(made)
    return made


# Queues
fifo = consumer("fifo", fifo=True)
consumer("fifo-fast", fifo=True, queue={"high_throughput": True, "content_based_deduplication": True})
theirs = aws.sqs.Queue("theirs", visibility_timeout_seconds=30)
consumer("existing", queue={"arn": theirs.arn, "visibility_timeout_seconds": 30})
dead = DeadLetterQueue("dead", {})
sharing = [consumer(name, dead_letter_queue={"arn": dead.arn}) for name in ("sharing-one", "sharing-two")]
dead.restrict_to(sharing)
restricted = consumer("restricted", dead_letter_queue={"restricted": True})
consumer("encrypted", queue={"kms_master_key_id": KEY, "kms_data_key_reuse_period_seconds": 3600})
consumer("sized", queue={"max_message_size": 262_144, "message_retention_seconds": 3_600})

# Mappings
consumer("filtered", filters=[{"body": {"kind": ["wanted"]}}])
consumer("polled", queue={"delay_seconds": 1}, mapping={"provisioned_pollers": {"minimum": 3}, "metrics": True})
consumer("retried", "flaky", retry={"base_delay_seconds": 1})

# Functions
consumer("node", "node", runtime="nodejs22.x", handler="index.handle")
consumer("packed", "packed", include=["lib/shared.py"])
consumer("archived", None, code=pulumi.FileArchive("functions/plain"))
consumer("logged", function={"log_format": "JSON", "application_log_level": "DEBUG", "log_retention_in_days": 7})
aliased = consumer("aliased", function={"alias": {"name": "now"}})
consumer(
    "ready",
    mapping={"maximum_concurrency": 2},
    function={"reserved_concurrent_executions": 4, "alias": {"provisioned_concurrent_executions": 1}},
)
consumer(
    "connected",
    environment={"PASSWORD": pulumi.Output.secret("correct horse")},
    policy_statements=aliased.send_statements(),
    function={
        "description": "in a network, traced, with a secret",
        "architecture": "arm64",
        "vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
        "tracing": True,
        "ephemeral_storage": 1_024,
        "environment_kms_key_arn": KEY,
        "permissions_boundary": "arn:aws:iam::aws:policy/AdministratorAccess",
        "managed_policy_arns": ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"],
    },
)

# What watches and remembers
consumer("paid", "paid", idempotency={"point_in_time_recovery": False})
consumer("watched", alarms={"actions": [ON_CALL], "leave_out": ["throttles"]}, function={"record_metrics": True})
ConsumersDashboard("all", consumers)

# Who may do what with the queues
trust: Any = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
}
producer = aws.iam.Role("ann", assume_role_policy=trust)
fifo.grant_send(producer)
restricted.grant_redrive(producer)

for made in consumers:
    name = made.settings.consumer
    pulumi.export(name, {"queue": made.queue_url, "log": made.log_group_name})
pulumi.export("theirs", theirs.url)
