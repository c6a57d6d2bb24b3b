"""CloudWatch: alarms and dashboards. Locally they are kept, not fed: ministack has no metrics of SQS and Lambda."""

import json
from typing import Any, ClassVar

from consumers.resource_table.properties import (
    Properties,
    Property,
    Values,
    from_api,
    listed,
    mapped,
    to_api,
    whole,
)
from consumers.resource_table.resource_type import Aws, ResourceType


class MetricAlarm(ResourceType):
    """`aws.cloudwatch.MetricAlarm` on one metric. Its id is its name."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    arn_format = "cloudwatch:{region}:{account}:alarm:{name}"
    properties: ClassVar[Properties] = {
        "name": Property("AlarmName", force_new=True),
        "alarmDescription": Property("AlarmDescription"),
        "actionsEnabled": Property("ActionsEnabled", default=True),
        "alarmActions": Property("AlarmActions"),
        "okActions": Property("OKActions"),
        "insufficientDataActions": Property("InsufficientDataActions"),
        "namespace": Property("Namespace"),
        "metricName": Property("MetricName"),
        "dimensions": Property(),
        "statistic": Property("Statistic"),
        "extendedStatistic": Property("ExtendedStatistic"),
        "period": Property("Period"),
        "unit": Property("Unit"),
        "evaluationPeriods": Property("EvaluationPeriods", required=True),
        "datapointsToAlarm": Property("DatapointsToAlarm"),
        "threshold": Property("Threshold"),
        "comparisonOperator": Property("ComparisonOperator", required=True),
        "treatMissingData": Property("TreatMissingData", default="missing"),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        _put(aws, self.properties, inputs, Tags=listed(inputs.get("tags", {})))
        return inputs["name"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        client, arn = aws.client("cloudwatch"), _alarm_arn(aws, resource_id)
        # This call fails for an alarm that is gone; describing it would find nothing.
        tags = mapped(client.list_tags_for_resource(ResourceARN=arn)["Tags"])
        alarm = client.describe_alarms(AlarmNames=[resource_id])["MetricAlarms"][0]
        said = whole(from_api(self.properties, alarm))
        if "extendedStatistic" in said:
            said.pop("statistic", None)  # ministack's default, where AWS has none
        return said | {"arn": arn, "dimensions": mapped(alarm.get("Dimensions", []), "Name"), "tags": tags}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        _put(aws, self.properties, new)  # it has no other call, and takes tags at creation only

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[resource_id])

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        arn = _alarm_arn(aws, resource_id)
        aws.client("cloudwatch").tag_resource(ResourceARN=arn, Tags=listed(tags))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("cloudwatch").untag_resource(ResourceARN=_alarm_arn(aws, resource_id), TagKeys=keys)


class Dashboard(ResourceType):
    """`aws.cloudwatch.Dashboard`. Its id is its name."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    properties: ClassVar[Properties] = {
        "dashboardName": Property("DashboardName", required=True, force_new=True),
        "dashboardBody": Property(
            "DashboardBody", required=True, same=lambda one, other: _parsed(one) == _parsed(other)
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("cloudwatch").put_dashboard(**to_api(self.properties, inputs))
        return inputs["dashboardName"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        dashboard = aws.client("cloudwatch").get_dashboard(DashboardName=resource_id)
        return from_api(self.properties, dashboard) | {"dashboardArn": dashboard["DashboardArn"]}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        aws.client("cloudwatch").put_dashboard(**to_api(self.properties, new))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[resource_id])

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return inputs["dashboardName"]


def _put(aws: Aws, properties: Properties, inputs: Values, **more: Any) -> None:
    dimensions = listed(inputs.get("dimensions", {}), "Name")
    aws.client("cloudwatch").put_metric_alarm(**to_api(properties, inputs), Dimensions=dimensions, **more)


def _alarm_arn(aws: Aws, name: str) -> str:
    return f"arn:aws:cloudwatch:{aws.region}:{aws.account_id}:alarm:{name}"


def _parsed(body: Any) -> Any:
    try:
        return json.loads(body)
    except (TypeError, ValueError):  # not known yet, or no JSON
        return body
