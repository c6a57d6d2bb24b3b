"""Lambda: functions and event source mappings."""

import base64
import hashlib
import shutil
from typing import Any, ClassVar

from consumers.resource_table import filters
from consumers.resource_table.archives import zip_bytes
from consumers.resource_table.diff_suppress import same_function, same_set
from consumers.resource_table.properties import TAG_MAP, Properties, Property, Values, from_api, rfc3339, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls

_NO_VPC: Values = {"subnetIds": [], "securityGroupIds": []}
_NO_IMAGES = "a container image requires Docker, which the local AWS does not use: set `code` here."
_NO_RUNTIME = "the local AWS runs Python, Node.js and provided.*, not {}: leave the function out here."
_NO_NODE = "{} requires Node.js on this machine, and `node` is not on PATH: install it, and restart the local AWS."


class Function(ResourceType):
    """`aws.lambda_.Function`. Its id is its name."""

    token = "aws:lambda/function:Function"
    max_name_length = 64
    service = "lambda"
    noun = "function"
    arn = "arn:aws:lambda:{aws.region}:{aws.account_id}:function:{id}"
    tag_calls = TagCalls("Resource", "")
    properties: ClassVar[Properties] = {
        "name": Property("FunctionName", force_new=True),
        "role": Property("Role", required=True),
        "code": Property(required=True, write_only=True),
        "sourceCodeHash": Property(write_only=True),
        "packageType": Property("PackageType", default="Zip", force_new=True),
        "handler": Property("Handler"),
        "runtime": Property("Runtime"),
        "timeout": Property("Timeout", default=3),
        "memorySize": Property("MemorySize", default=128),
        "description": Property("Description", reset_value=""),
        "environment": Property(
            "Environment", reset_value={"variables": {}}, nested={"variables": Property("Variables")}
        ),
        "architectures": Property("Architectures"),
        "kmsKeyArn": Property("KMSKeyArn", reset_value=""),
        "layers": Property("Layers", reset_value=[], decode=lambda layers: [layer["Arn"] for layer in layers]),
        "loggingConfig": Property(
            "LoggingConfig",
            nested={
                "logFormat": Property("LogFormat", required=True),
                "logGroup": Property("LogGroup"),
                "applicationLogLevel": Property("ApplicationLogLevel"),
                "systemLogLevel": Property("SystemLogLevel"),
            },
        ),
        "ephemeralStorage": Property("EphemeralStorage", nested={"size": Property("Size")}),
        "tracingConfig": Property("TracingConfig", nested={"mode": Property("Mode", required=True)}),
        "vpcConfig": Property(
            "VpcConfig",
            reset_value=_NO_VPC,
            nested={
                "subnetIds": Property("SubnetIds", required=True, same=same_set),
                "securityGroupIds": Property("SecurityGroupIds", required=True, same=same_set),
                "ipv6AllowedForDualStack": Property("Ipv6AllowedForDualStack"),
            },
        ),
        "snapStart": Property(
            "SnapStart", reset_value={"applyOn": "None"}, nested={"applyOn": Property("ApplyOn", required=True)}
        ),
        "codeSigningConfigArn": Property("CodeSigningConfigArn", write_only=True),  # ministack never returns it
        "reservedConcurrentExecutions": Property(default=-1),
        "publish": Property("Publish", default=False, write_only=True),
        "tags": TAG_MAP,
    }
    _NOT_CONFIGURATION: ClassVar = {"name", "packageType", "publish", "architectures", "codeSigningConfigArn"}
    """The properties that UpdateFunctionConfiguration does not take."""

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        if inputs.get("packageType") == "Image":
            return [("packageType", _NO_IMAGES)]
        runtime = inputs.get("runtime")
        return super().problems(inputs) + [("runtime", text) for text in _unsupported(runtime) if runtime]

    def _create(self, aws: Aws, inputs: Values) -> str:
        code = {"ZipFile": zip_bytes(inputs["code"])}
        aws.client("lambda").create_function(Code=code, **to_api(self.properties, inputs))
        return inputs["name"]

    def _configure(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        if inputs["reservedConcurrentExecutions"] >= 0:
            _reserve(aws, resource_id, inputs["reservedConcurrentExecutions"])

    def volatile(self, inputs: Values) -> set[str]:
        versioned = {"version", "qualifiedArn", "qualifiedInvokeArn"} if inputs.get("publish") else set[str]()
        return {"codeSha256", "sourceCodeSize", "lastModified"} | versioned

    def _read(self, aws: Aws, resource_id: str) -> Values:
        client = aws.client("lambda")
        answer = client.get_function(FunctionName=resource_id)
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=resource_id)
        latest = [version for page in pages for version in page["Versions"]][-1]  # from the oldest to the newest
        concurrency = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1)
        separate = {"reservedConcurrentExecutions": concurrency, "tags": answer.get("Tags", {})}
        return self._configuration(answer["Configuration"]) | separate | _arns(aws, latest)

    def _configuration(self, configuration: Values) -> Values:
        outputs = from_api(self.properties, {"Layers": [], **configuration})
        if not outputs.get("vpcConfig", _NO_VPC)["subnetIds"]:
            outputs.pop("vpcConfig", None)
        for key, none in (("snapStart", {"applyOn": "None"}), ("kmsKeyArn", "")):
            if outputs.get(key) == none:
                outputs.pop(key)
        return outputs | {
            "arn": configuration["FunctionArn"],
            "codeSha256": configuration["CodeSha256"],
            "sourceCodeSize": configuration["CodeSize"],
            "lastModified": configuration["LastModified"],
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        client = aws.client("lambda")
        changed = self.changed(old, new)
        kept = {key: value for key, value in changed.items() if key not in self._NOT_CONFIGURATION}
        if configuration := to_api(self.properties, kept):
            client.update_function_configuration(FunctionName=resource_id, **configuration)
        if code := self._changed_code(aws, resource_id, new):
            client.update_function_code(FunctionName=resource_id, **code)
        if old.get("codeSigningConfigArn") != new.get("codeSigningConfigArn"):
            _sign(aws, resource_id, new.get("codeSigningConfigArn"))
        if "reservedConcurrentExecutions" in changed:
            _reserve(aws, resource_id, changed["reservedConcurrentExecutions"])
        if new["publish"] and (configuration or code or "publish" in changed):
            client.publish_version(FunctionName=resource_id)

    def _changed_code(self, aws: Aws, resource_id: str, new: Values) -> Values:
        # Compared with AWS, not with the old inputs: Pulumi's state keeps no archives, only their hashes.
        now = aws.client("lambda").get_function(FunctionName=resource_id)
        content = zip_bytes(new["code"])
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        architectures = new.get("architectures", now["Configuration"]["Architectures"])
        same = (digest, architectures) == (now["Configuration"]["CodeSha256"], now["Configuration"]["Architectures"])
        return {} if same else {"ZipFile": content, "Architectures": architectures}


class EventSourceMapping(ResourceType):
    """`aws.lambda_.EventSourceMapping` from a queue. Its id is its UUID."""

    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    service = "lambda"
    noun = "event_source_mapping"
    id_parameter = "UUID"
    arn = "arn:aws:lambda:{aws.region}:{aws.account_id}:event-source-mapping:{id}"
    tag_calls = TagCalls("Resource", "list_tags")
    properties: ClassVar[Properties] = {
        "eventSourceArn": Property("EventSourceArn", required=True, force_new=True),
        "functionName": Property("FunctionName", required=True, same=same_function),
        "batchSize": Property("BatchSize", reset_value=10),
        "maximumBatchingWindowInSeconds": Property("MaximumBatchingWindowInSeconds", reset_value=0),
        "functionResponseTypes": Property("FunctionResponseTypes", reset_value=[], same=same_set),
        "filterCriteria": Property(
            "FilterCriteria",
            reset_value={},
            nested={"filters": Property("Filters", nested={"pattern": Property("Pattern")}, same=same_set)},
        ),
        "kmsKeyArn": Property("KMSKeyArn", reset_value="", write_only=True),  # ministack never returns it
        "scalingConfig": Property(
            "ScalingConfig", reset_value={}, nested={"maximumConcurrency": Property("MaximumConcurrency")}
        ),
        "provisionedPollerConfig": Property(
            "ProvisionedPollerConfig",
            reset_value={},
            write_only=True,  # ministack never returns it
            nested={"minimumPollers": Property("MinimumPollers"), "maximumPollers": Property("MaximumPollers")},
        ),
        "metricsConfig": Property(
            "MetricsConfig",
            reset_value={"metrics": []},
            write_only=True,  # ministack never returns it
            nested={"metrics": Property("Metrics", required=True, same=same_set)},
        ),
        "enabled": Property("Enabled", default=True),
        "tags": TAG_MAP,
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        return [*super().problems(inputs), *filters.problems(inputs.get("filterCriteria"))]

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {
            "uuid": resource["UUID"],
            "functionArn": resource["FunctionArn"],
            "functionName": resource["FunctionArn"],  # as the AWS provider does, even if the program sets a name
            "enabled": resource["State"] in ("Creating", "Enabling", "Enabled"),
            "state": resource["State"],
            "stateTransitionReason": resource["StateTransitionReason"],
            "lastModified": rfc3339(resource["LastModified"]),
            "lastProcessingResult": resource["LastProcessingResult"],
        }

    def volatile(self, inputs: Values) -> set[str]:
        return {"state", "stateTransitionReason", "lastModified", "lastProcessingResult"}

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        key = {"EventSourceArn": inputs["eventSourceArn"], "FunctionName": inputs["functionName"]}
        found = aws.client("lambda").list_event_source_mappings(**key)["EventSourceMappings"]
        return found[0]["UUID"] if found else None


def _arns(aws: Aws, latest: Values) -> Values:
    """Return the ARNs of a function and of its newest version, as the provider derives them."""
    qualified = latest["FunctionArn"]
    if not qualified.endswith(f":{latest['Version']}"):
        qualified += f":{latest['Version']}"
    function = qualified.rsplit(":", 1)[0]
    paths = f"arn:aws:apigateway:{aws.region}:lambda:path"
    return {
        "version": latest["Version"],
        "qualifiedArn": qualified,
        "invokeArn": f"{paths}/2015-03-31/functions/{function}/invocations",
        "qualifiedInvokeArn": f"{paths}/2015-03-31/functions/{qualified}/invocations",
        "responseStreamingInvokeArn": f"{paths}/2021-11-15/functions/{function}/response-streaming-invocations",
    }


def _unsupported(runtime: Any) -> list[str]:
    """Return why functions of this runtime do not run here: ministack would delete their messages unhandled."""
    if str(runtime).startswith("nodejs"):
        return [] if shutil.which("node") else [_NO_NODE.format(runtime)]
    return [] if str(runtime).startswith(("python", "provided")) else [_NO_RUNTIME.format(runtime)]


def _sign(aws: Aws, name: str, config: Any) -> None:
    client = aws.client("lambda")
    if config:
        client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=config)
    else:
        client.delete_function_code_signing_config(FunctionName=name)


def _reserve(aws: Aws, name: str, executions: Any) -> None:
    client = aws.client("lambda")
    if executions >= 0:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)
    else:  # the provider's -1: nothing reserved
        client.delete_function_concurrency(FunctionName=name)
