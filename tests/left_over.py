"""Lists everything on a local AWS, so that tests find leftovers."""

from collections.abc import Iterator
from typing import Any

from consumers.local.emulator import LocalAws

_LISTS = {
    "roles": ("iam", "list_roles", "Roles", "RoleName"),
    "queues": ("sqs", "list_queues", "QueueUrls", ""),
    "functions": ("lambda", "list_functions", "Functions", "FunctionName"),
    "mappings": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "log groups": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "tables": ("dynamodb", "list_tables", "TableNames", ""),
    "topics": ("sns", "list_topics", "Topics", "TopicArn"),
    "subscriptions": ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "buckets": ("s3", "list_buckets", "Buckets", "Name"),
}


def left_over(aws: LocalAws) -> dict[str, list[str]]:
    """Return the ids of everything on an AWS, by kind. Kinds without any resource are left out."""
    found = {kind: list(_listed(aws, *where)) for kind, where in _LISTS.items()}
    schedules = aws.client("scheduler").list_schedules()["Schedules"]
    found["schedules"] = [f"{one['GroupName']}/{one['Name']}" for one in schedules]
    found["notifications"] = [bucket for bucket in found["buckets"] if _notifies(aws.client("s3"), bucket)]
    found |= _of_buses(aws.client("events"))
    return {kind: ids for kind, ids in found.items() if ids}


def _listed(aws: LocalAws, service: str, operation: str, key: str, name: str) -> Iterator[str]:
    for page in aws.client(service).get_paginator(operation).paginate():
        yield from (one[name] if name else one for one in page.get(key, []))


def _notifies(s3: Any, bucket: str) -> bool:
    return "QueueConfigurations" in s3.get_bucket_notification_configuration(Bucket=bucket)


def _of_buses(events: Any) -> dict[str, list[str]]:
    buses = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    rules = [(bus, rule["Name"]) for bus in buses for rule in events.list_rules(EventBusName=bus)["Rules"]]
    return {
        "event buses": [bus for bus in buses if bus != "default"],  # which every account has
        "rules": [f"{bus}/{rule}" for bus, rule in rules],
        "targets": [
            f"{bus}/{rule}/{target['Id']}"
            for bus, rule in rules
            for target in events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        ],
    }
