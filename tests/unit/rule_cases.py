"""Arguments that break each rule on consumers and on shared dead-letter queues.

A key is the rule's id; a second text of a rule has more in parentheses. The texts are in tests/error_texts.txt.
"""

import sys
from typing import Any

from components.settings.model import ALARMS

HANDS = "arn:aws:sqs:eu-central-1:123456789012:hands"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:dead"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1a2b"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:hands"
RULE = "arn:aws:events:eu-central-1:123456789012:rule/big-pots"
BUCKET = "arn:aws:s3:::hand-histories"
ON_CALL = "arn:aws:sns:eu-west-1:123456789012:on-call"
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hands:1"
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:tools:3"
THIS_RUNTIME = "python{}.{}".format(*sys.version_info)
RESERVED = {"function": {"reserved_concurrent_executions": 4}}
MANY_TOPICS = [f"{TOPIC}-{number:03}" for number in range(160)]

# Without "source": None, each has the folder of a function as its source.
CONSUMERS: dict[str, dict[str, Any]] = {
    "consumer-name": {},
    "function-name": {"function": {"name": "poker hands"}},
    "role-name": {"function": {"role_name": "a/b"}},
    "unknown-runtime": {"runtime": "pyhton3.12"},
    "deprecated-runtime": {"runtime": "python3.9"},
    "handler-form": {"handler": "my handler.handle"},
    "environment-name": {"environment": {"9LIVES": "x"}},
    "environment-reserved": {"environment": {"AWS_REGION": "x"}},
    "environment-size": {"environment": {"TEXT": "x" * 4_096}},
    "policy-size": {"policy_statements": [{"Effect": "Allow", "Action": "s3:*", "Resource": "x" * 8_704}]},
    "policy-statement": {"policy_statements": [{"Effect": "Allow", "Action": "s3:*", "Resorce": "*", "Resource": "*"}]},
    "policy-statement (no Effect)": {"policy_statements": [{"Action": "s3:*", "Resource": "*"}]},
    "policy-statement (no Action)": {"policy_statements": [{"Effect": "Allow", "Resource": "*"}]},
    "tag-reserved": {"tags": {"aws:team": "cards"}},
    "tag-size": {"tags": {"team": "x" * 257}},
    "tag-count": {"tags": {f"key-{number}": "x" for number in range(47)}},
    "one-code": {"source": None},
    "source-unreadable": {"source": "functions/poker_hnds"},
    "source-too-large": {},
    "archive-deflated": {},
    "handler-missing": {"handler": "handler.handel"},
    "handler-syntax": {"runtime": "python3.99", "handler": "broken.handle"},
    "bytecode-not-compiled": {"runtime": "python3.99", "function": {"bytecode": True}},
    "bytecode-without-source": {"runtime": "nodejs22.x", "handler": "index.handle", "function": {"bytecode": True}},
    "bytecode-syntax": {"runtime": THIS_RUNTIME, "function": {"bytecode": True}},
    "retry-without-runtime": {"retry": {}},
    "reasons-without-runtime": {"dead_letter_queue": {"reasons": True}},
    "record-metrics-without-runtime": {"function": {"record_metrics": True}},
    "include-without-source": {"source": None, "include": ["functions/sqs_batch.py"]},
    "include-unreadable": {"include": ["functions/sqs_bach.py"]},
    "include-collision": {"include": ["functions/poker_hands", "functions/poker_hands/handler.py"]},
    "dependencies-not-installed": {"function": {"architecture": "arm64"}},
    "dependency-collision": {"include": ["functions/poker_hands"]},
    "dependencies-not-fixed": {},
    "visibility-below-timeout": {"timeout": 10, "queue": {"visibility_timeout_seconds": 9}},
    "visibility-below-advice": {"timeout": 10, "queue": {"visibility_timeout_seconds": 59}},
    "visibility-below-advice (the timeout)": {"timeout": 10, "queue": {"visibility_timeout_seconds": 10}},
    "deduplication-without-fifo": {"queue": {"content_based_deduplication": True}},
    "dead-letters-expire-first": {"dead_letter_queue": {"message_retention_seconds": 345_599}},
    "dead-letters-expire-soon": {"dead_letter_queue": {"message_retention_seconds": 345600}},
    "few-receives": {"max_receive_count": 2},
    "retention-below-receives": {"queue": {"message_retention_seconds": 600}},
    "queue-name": {"queue": {"name": "hands.fifo"}},
    "dead-letter-queue-name": {"fifo": True, "dead_letter_queue": {"name": "x" * 76}},
    "same-queue-name": {"queue": {"name": "hands"}, "dead_letter_queue": {"name": "hands"}},
    "retry-delays-crossed": {"retry": {"base_delay_seconds": 60, "maximum_delay_seconds": 30}},
    "fifo-batch-size": {"fifo": True, "batch_size": 11},
    "large-batch-without-window": {"batch_size": 11},
    "fifo-batching-window": {"fifo": True, "mapping": {"maximum_batching_window_in_seconds": 1}},
    "batch-never-fills": {"batch_size": 7000, "mapping": {"maximum_batching_window_in_seconds": 1}},
    "concurrency-above-quota": {"mapping": {"maximum_concurrency": 1001}},
    "too-many-filters": {"filters": [{"body": {"won": [True]}}] * 11},
    "many-filters": {"filters": [{"body": {"won": [True]}}] * 6},
    "filter-not-on-body": {"filters": [{"bdy": {"won": [True]}}]},
    "filter-not-json": {"filters": [{"body": {"chips": [float("nan")]}}]},
    "idempotency-variable": {"idempotency": {}, "environment": {"IDEMPOTENCY_TABLE": "x"}},
    "idempotency-table-name": {"idempotency": {"name": "my table"}},
    "idempotency-expires-early": {"idempotency": {"expires_after_seconds": 3600}},
    "alarm-without-action": {"alarms": {}},
    "alarm-ok-actions": {"alarms": {"actions": [ON_CALL], "ok_actions": [ON_CALL] * 6}},
    "alarm-actions": {"alarms": {"actions": ["on-call"]}},
    "no-alarm-left": {"alarms": {"actions": [ON_CALL], "leave_out": [*ALARMS]}},
    "noisy-groups-on-fifo": {"fifo": True, "alarms": {"actions": [ON_CALL], "maximum_noisy_groups": 0}},
    "quiet-backlog-on-fifo": {"fifo": True, "alarms": {"actions": [ON_CALL], "maximum_quiet_backlog": 1_000}},
    "few-in-flight-for-fairness": {
        "mapping": {"maximum_concurrency": 2},
        "alarms": {"actions": [ON_CALL], "maximum_noisy_groups": 0},
    },
    "few-in-flight-for-fairness (pollers)": {
        "batch_size": 1,
        "mapping": {"provisioned_pollers": {"maximum": 2}},
        "alarms": {"actions": [ON_CALL], "maximum_quiet_backlog": 1_000},
    },
    "age-alarm-too-late": {
        "alarms": {"actions": [ON_CALL], "maximum_message_age_seconds": 7200},
        "queue": {"message_retention_seconds": 7200},
    },
    "image-excludes": {
        "source": None,
        "image_uri": IMAGE,
        "runtime": "python3.13",
        "function": {"layers": [LAYER], "alias": {"snap_start": True}},
    },
    "image-config-without-image": {"function": {"image_config": {"commands": ["handler.handle"]}}},
    "handler-file-missing": {"runtime": "nodejs22.x", "handler": "handlr.handle"},
    "handler-export-missing": {"runtime": "nodejs22.x", "handler": "index.handel"},
    "vpc-incomplete": {"function": {"vpc": {"subnet_ids": ["subnet-1", "subnet-2"]}}},
    "one-subnet": {"function": {"vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}}},
    "log-level-without-json": {"function": {"application_log_level": "DEBUG", "system_log_level": "WARN"}},
    "many-managed-policies": {
        "function": {"managed_policy_arns": [f"arn:aws:iam::aws:policy/P{number}" for number in range(11)]}
    },
    "reserved-below-maximum": {**RESERVED, "mapping": {"maximum_concurrency": 5}},
    "reserved-without-maximum": RESERVED,
    "provisioned-above-reserved": {
        "function": {"reserved_concurrent_executions": 4, "alias": {"provisioned_concurrent_executions": 5}},
        "mapping": {"maximum_concurrency": 4},
    },
    "provisioned-with-snap-start": {
        "function": {"alias": {"provisioned_concurrent_executions": 5, "snap_start": True}}
    },
    "snap-start-runtime": {"runtime": "python3.11", "function": {"alias": {"snap_start": True}}},
    "snap-start-storage": {"function": {"ephemeral_storage": 513, "alias": {"snap_start": True}}},
    "alias-name": {"function": {"alias": {"name": "7"}}},
    "buckets-to-fifo": {"fifo": True, "queue": {"allowed_senders": {"buckets": [BUCKET]}}},
    "topic-to-fifo": {"fifo": True, "queue": {"allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo"]}}},
    "senders-too-many": {"queue": {"allowed_senders": {"topics": MANY_TOPICS}}},
    "high-throughput-without-fifo": {"queue": {"high_throughput": True}},
    "queue-arn": {"queue": {"arn": "https://sqs.eu-central-1.amazonaws.com/123456789012/hands"}},
    "queue-arn-type": {"queue": {"arn": f"{HANDS}.fifo"}},
    "queue-not-ours-to-shape": {"queue": {"arn": HANDS, "delay_seconds": 5}},
    "dead-letter-queue-arn": {"dead_letter_queue": {"arn": "DeadHands"}},
    "dead-letter-queue-arn-type": {"fifo": True, "dead_letter_queue": {"arn": DEAD}},
    "dead-letter-queue-not-ours-to-shape": {"dead_letter_queue": {"arn": DEAD, "restricted": True}},
    "dead-letter-queue-elsewhere": {
        "queue": {"arn": HANDS},
        "dead_letter_queue": {"arn": DEAD.replace("central", "west")},
    },
    "rejects-without-dead-letter-queue": {"queue": {"arn": HANDS}, "dead_letter_queue": {"allow_rejects": True}},
    "reasons-without-dead-letter-queue": {
        "queue": {"arn": HANDS},
        "max_receive_count": 3,
        "dead_letter_queue": {"reasons": True},
    },
    "reasons-without-rejects": {"dead_letter_queue": {"reasons": True, "allow_rejects": False}},
    "reasons-without-receive-count": {
        "queue": {"arn": HANDS},
        "dead_letter_queue": {"arn": DEAD, "reasons": True},
    },
    "queue-key": {"queue": {"kms_master_key_id": "alias/aws/sqs"}},
    "dead-letter-queue-key": {"dead_letter_queue": {"arn": DEAD, "kms_master_key_id": "alias/dead"}},
    "dead-letter-queue-key-without-arn": {"dead_letter_queue": {"kms_master_key_id": KEY}},
    "key-reuse-without-key": {"queue": {"kms_data_key_reuse_period_seconds": 600}},
    "pollers-crossed": {"mapping": {"provisioned_pollers": {"minimum": 20, "maximum": 10}}},
    "pollers-and-concurrency": {"mapping": {"provisioned_pollers": {}, "maximum_concurrency": 10}},
    "pollers-above-quota": {"mapping": {"provisioned_pollers": {"maximum": 2001}}},
    "filter-key-without-filters": {"mapping": {"kms_key_arn": KEY}},
    "filter-key-elsewhere": {
        "filters": [{"body": {"won": [True]}}],
        "queue": {"arn": HANDS},
        "mapping": {"kms_key_arn": KEY.replace("central", "west")},
    },
    "mapping-kms-key-arn-value": {"mapping": {"kms_key_arn": "alias/filters"}},
    "filter-pattern": {"filters": [{"body": {"user": {"name": [{"prefx": "a"}]}}}]},
    "function-environment-kms-key-arn-value": {
        "function": {"environment_kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:alias/hands"}
    },
    "function-vpc-subnet-ids-value": {"function": {"vpc": {"subnet_ids": ["vpc-1"], "security_group_ids": ["sg-1"]}}},
    "one-code (source and code)": {"code": object()},
    "one-code (source and image)": {"image_uri": IMAGE},
    "source-unreadable (a file)": {"source": "functions/sqs_batch.py"},
    "source-unreadable (nothing like it)": {"source": "nowhere/poker_hands"},
    "source-unreadable (empty)": {},
    "handler-missing (no such file)": {"handler": "handlr.handle"},
    "handler-file-missing (TypeScript)": {"runtime": "nodejs22.x", "handler": "typed.handle"},
    "handler-missing (syntax error)": {"runtime": "python3.11", "handler": "broken.handle"},
    "environment-size (with sqs_batch)": {"environment": {"TEXT": "x" * 4_085}},
    "tag-size (empty key)": {"tags": {"": "x"}},
    "reserved-without-maximum (of 0)": {"function": {"reserved_concurrent_executions": 0}},
    "reserved-without-maximum (of 1)": {"function": {"reserved_concurrent_executions": 1}},
    "unknown-argument (a durable function)": {"function": {"durable_config": {"execution_timeout": 3_600}}},
    "unknown-argument (managed instances)": {"function": {"capacity_provider_config": {}}},
    "alarms-leave-out-value": {"alarms": {"actions": [ON_CALL], "leave_out": ["throttle"]}},
}

# The rules of DeadLetterQueue, the component.
DEAD_LETTER_QUEUES: dict[str, dict[str, Any]] = {
    "shared-dead-letter-queue": {},
    "shared-queue-name": {"name": "dead.fifo"},
    "shared-queue-key": {"kms_master_key_id": "alias/dead"},
    "shared-key-reuse-without-key": {"kms_data_key_reuse_period_seconds": 60},
    "shared-buckets": {"allowed_senders": {"buckets": [BUCKET]}},
    "shared-topics (fifo)": {"fifo": True, "allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo", f"{TOPIC}-*"]}},
    "shared-topics (standard)": {"allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo", f"{TOPIC}-*"]}},
    "shared-event-rules": {"fifo": True, "allowed_senders": {"event_rules": [RULE]}},
    "shared-senders-too-many": {"allowed_senders": {"topics": MANY_TOPICS}},
    "tag-reserved": {"tags": {"aws:team": "cards"}},
    "unknown-argument": {"retention": 60},
}

# The rules of AlarmTopic.
ALARM_TOPICS: dict[str, dict[str, Any]] = {
    "alarm-topic-name": {"emails": ["on-call@example.com"]},
    "alarm-topic-key": {"emails": ["on-call@example.com"], "kms_master_key_id": "alias/aws/sns"},
    "alarm-topic-without-subscription": {},
    "emails-value": {"emails": ["Jane <jane@example.com>"]},
    "emails-value (several in one text)": {"emails": ["jane@example.com,joe@example.com"]},
    "emails-value (twice)": {"emails": ["jane@example.com", "jane@example.com"]},
    "emails-value (no list)": {"emails": "jane@example.com"},
    "https-endpoints-value": {"https_endpoints": ["http://events.example.com/secret-key"]},
    "https-endpoints-value (twice)": {"https_endpoints": ["https://events.example.com/secret-key"] * 2},
    "ignore-advice": {"emails": ["on-call@example.com"], "ignore_advice": {"alarm-topic-key": "it works"}},
    "unknown-argument": {"email": ["on-call@example.com"], "emails": ["on-call@example.com"]},
}
CALLED = {"alarm-topic-name": "on call", "consumer-name": "9 lives", "shared-dead-letter-queue": "d" * 64}
"""The component's name, where it is not "hands"."""
ALSO = {"include-without-source": {"one-code"}, "retry-delays-crossed": {"retry-without-runtime"}}
"""Other rules that the same arguments break."""
BROKEN = {"broken.py": "def handle(record)\n    pass\n"}
INDEX = {"index.js": "exports.handle = async (event) => ({ batchItemFailures: [] });\n"}
USES_RUNTIME = {"handler.py": "import sqs_batch\ndef handle(event, context): ...\n"}
FILES: dict[str, dict[str, str]] = {
    "handler-syntax": BROKEN,
    "bytecode-syntax": BROKEN,
    "bytecode-without-source": INDEX,
    "handler-missing (syntax error)": BROKEN,
    "handler-export-missing": INDEX,
    "handler-file-missing (TypeScript)": {"typed.ts": "export const handle = () => null;"},
    "environment-size (with sqs_batch)": USES_RUNTIME,
    "reasons-without-dead-letter-queue": USES_RUNTIME,
    "reasons-without-receive-count": USES_RUNTIME,
    "reasons-without-rejects": USES_RUNTIME,
    "dependencies-not-installed": {"requirements.txt": "chips==1.0\n"},
    "dependency-collision": {"requirements.txt": "poker_hands==1.0\n"},
    "dependencies-not-fixed": {"requirements.txt": "# what the function imports\ntable==1.0\n"},
}
"""Files of the function, beside a handler.py."""
MODEL_MB = {"source-too-large": 300, "archive-deflated": 60}
"""The size of a file in the function's folder."""
