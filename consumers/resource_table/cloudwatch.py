"""CloudWatch: alarms and dashboards. On the local AWS they have no data: ministack has no metrics of SQS and Lambda."""

from functools import partial
from typing import ClassVar

from consumers.resource_table.diff_suppress import same_json
from consumers.resource_table.properties import (
    TAG_PAIRS,
    Properties,
    Property,
    Values,
    from_api,
    from_pairs,
    to_pairs,
    with_integers,
)
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls

NO_DIMENSIONS: Values = {"dimensions": {}}


class MetricAlarm(ResourceType):
    """`aws.cloudwatch.MetricAlarm` on one metric. Its id is its name."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    put_call = "put_metric_alarm"
    arn = "arn:aws:cloudwatch:{aws.region}:{aws.account_id}:alarm:{id}"
    tag_calls = TagCalls("ResourceARN")
    properties: ClassVar[Properties] = {
        "name": Property("AlarmName", force_new=True),
        "alarmDescription": Property("AlarmDescription"),
        "actionsEnabled": Property("ActionsEnabled", default=True),
        "alarmActions": Property("AlarmActions"),
        "okActions": Property("OKActions"),
        "insufficientDataActions": Property("InsufficientDataActions"),
        "namespace": Property("Namespace"),
        "metricName": Property("MetricName"),
        "dimensions": Property(
            "Dimensions", encode=partial(to_pairs, name="Name"), decode=partial(from_pairs, name="Name")
        ),
        "statistic": Property("Statistic"),
        "extendedStatistic": Property("ExtendedStatistic"),
        "period": Property("Period"),
        "unit": Property("Unit"),
        "evaluationPeriods": Property("EvaluationPeriods", required=True),
        "datapointsToAlarm": Property("DatapointsToAlarm"),
        "threshold": Property("Threshold"),
        "comparisonOperator": Property("ComparisonOperator", required=True),
        "treatMissingData": Property("TreatMissingData", default="missing"),
        "tags": TAG_PAIRS,
    }

    def _read(self, aws: Aws, resource_id: str) -> Values:
        # This call fails for a missing alarm; describing it would find nothing.
        tags = self._tags(aws, resource_id)
        alarm = aws.client("cloudwatch").describe_alarms(AlarmNames=[resource_id])["MetricAlarms"][0]
        outputs = with_integers(from_api(self.properties, alarm))
        if "extendedStatistic" in outputs:
            outputs.pop("statistic", None)  # ministack's default, where AWS has none
        return NO_DIMENSIONS | outputs | {"arn": self._arn(aws, resource_id)} | tags

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("cloudwatch").delete_alarms(AlarmNames=[resource_id])


class Dashboard(ResourceType):
    """`aws.cloudwatch.Dashboard`. Its id is its name."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    service = "cloudwatch"
    put_call = "put_dashboard"
    noun = "dashboard"
    id_properties = ("dashboardName",)
    properties: ClassVar[Properties] = {
        "dashboardName": Property("DashboardName", required=True, force_new=True),
        "dashboardBody": Property("DashboardBody", required=True, same=same_json),
    }

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {"dashboardArn": resource["DashboardArn"]}

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[resource_id])
