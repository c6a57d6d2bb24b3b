"""Lambda's aliases, and provisioned concurrency of one."""

from typing import ClassVar

from consumers.resource_table.diff_suppress import same_function
from consumers.resource_table.properties import Properties, Property, Values
from consumers.resource_table.resource_type import Aws, ResourceType


class Alias(ResourceType):
    """`aws.lambda_.Alias`. Its id is its ARN."""

    token = "aws:lambda/alias:Alias"
    max_name_length = 128
    service = "lambda"
    noun = "alias"
    arn = "{id}"
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "functionName": Property("FunctionName", required=True, force_new=True, same=same_function),
        "functionVersion": Property("FunctionVersion", required=True),
        "description": Property("Description", reset_value=""),
    }

    def _id_parameters(self, aws: Aws, resource_id: str) -> Values:
        *_, function, name = resource_id.split(":")
        return {"FunctionName": function, "Name": name}

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        path = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{resource_id}/invocations"
        return {"invokeArn": path}

    def find_id(self, aws: Aws, inputs: Values) -> str:
        function = inputs["functionName"].rpartition(":function:")[2]
        return f"arn:aws:lambda:{aws.region}:{aws.account_id}:function:{function}:{inputs['name']}"


class ProvisionedConcurrencyConfig(ResourceType):
    """`aws.lambda_.ProvisionedConcurrencyConfig`. Its id is `<function>,<alias or version>`."""

    token = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
    service = "lambda"
    noun = "provisioned_concurrency_config"
    put_call = "put_provisioned_concurrency_config"
    id_properties = ("functionName", "qualifier")
    id_separator = ","
    properties: ClassVar[Properties] = {
        "functionName": Property("FunctionName", required=True, force_new=True, same=same_function),
        "qualifier": Property("Qualifier", required=True, force_new=True),
        "provisionedConcurrentExecutions": Property("ProvisionedConcurrentExecutions", required=True),
        "skipDestroy": Property(default=False, write_only=True),
    }

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {"provisionedConcurrentExecutions": resource["RequestedProvisionedConcurrentExecutions"]}
