"""Lambda's aliases, and the environments that are kept ready for one."""

from typing import ClassVar

from consumers.resource_table.diff_suppress import same_function
from consumers.resource_table.properties import Properties, Property, Values, from_api, to_api
from consumers.resource_table.resource_type import Aws, ResourceType


class Alias(ResourceType):
    """`aws.lambda_.Alias`. Its id is its ARN."""

    token = "aws:lambda/alias:Alias"
    longest_name = 128
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "functionName": Property("FunctionName", required=True, force_new=True, same=same_function),
        "functionVersion": Property("FunctionVersion", required=True),
        "description": Property("Description", reset_value=""),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        return aws.client("lambda").create_alias(**to_api(self.properties, inputs))["AliasArn"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        function, name = _function_and_qualifier(resource_id)
        alias = aws.client("lambda").get_alias(FunctionName=function, Name=name)
        path = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{alias['AliasArn']}/invocations"
        known = {"arn": alias["AliasArn"], "functionName": function, "invokeArn": path}
        return from_api(self.properties, alias) | known

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        function, name = _function_and_qualifier(resource_id)
        if changed := self.changed(old, new):
            aws.client("lambda").update_alias(
                **{"FunctionName": function, "Name": name} | to_api(self.properties, changed)
            )

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        function, name = _function_and_qualifier(resource_id)
        aws.client("lambda").delete_alias(FunctionName=function, Name=name)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"arn:aws:lambda:{aws.region}:{aws.account_id}:function:{inputs['functionName']}:{inputs['name']}"


class ProvisionedConcurrencyConfig(ResourceType):
    """`aws.lambda_.ProvisionedConcurrencyConfig`. Its id is `<function>,<alias or version>`."""

    token = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
    properties: ClassVar[Properties] = {
        "functionName": Property("FunctionName", required=True, force_new=True, same=same_function),
        "qualifier": Property("Qualifier", required=True, force_new=True),
        "provisionedConcurrentExecutions": Property("ProvisionedConcurrentExecutions", required=True),
        "skipDestroy": Property(default=False, unread=True),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("lambda").put_provisioned_concurrency_config(**to_api(self.properties, inputs))
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        function, qualifier = resource_id.split(",")
        client = aws.client("lambda")
        config = client.get_provisioned_concurrency_config(FunctionName=function, Qualifier=qualifier)
        requested = config["RequestedProvisionedConcurrentExecutions"]
        return {"functionName": function, "qualifier": qualifier, "provisionedConcurrentExecutions": requested}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        aws.client("lambda").put_provisioned_concurrency_config(**to_api(self.properties, new))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        function, qualifier = resource_id.split(",")
        client = aws.client("lambda")
        client.delete_provisioned_concurrency_config(FunctionName=function, Qualifier=qualifier)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['functionName']},{inputs['qualifier']}"


def _function_and_qualifier(arn: str) -> tuple[str, str]:
    *_, function, qualifier = arn.split(":")
    return function, qualifier
