"""Lambda."""

import base64
import hashlib
import shutil
from typing import Any, ClassVar

from consumers.resource_table import filters
from consumers.resource_table.archives import zip_bytes
from consumers.resource_table.diff_suppress import same_function, same_set
from consumers.resource_table.properties import Properties, Property, Values, from_api, rfc3339, to_api
from consumers.resource_table.resource_type import Aws, ResourceType

_NO_VPC: Values = {"subnetIds": [], "securityGroupIds": []}
_NO_IMAGES = "a container image runs in Docker, which the local AWS does without: give the function `code` here."
_NO_RUNTIME = "the local AWS runs Python, Node.js and provided.* without Docker, not {}: leave the function out here."
_NO_NODE = (
    "{} is run by this machine's own Node.js, and `node` is not on PATH: install it, and start the local AWS again."
)


class Function(ResourceType):
    """`aws.lambda_.Function`. Its id is its name."""

    token = "aws:lambda/function:Function"
    arn_format = "lambda:{region}:{account}:function:{name}"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "name": Property("FunctionName", force_new=True),
        "role": Property("Role", required=True),
        "code": Property(required=True, unread=True),
        "sourceCodeHash": Property(unread=True),
        "packageType": Property("PackageType", default="Zip", force_new=True),
        "handler": Property("Handler"),
        "runtime": Property("Runtime"),
        "timeout": Property("Timeout", default=3),
        "memorySize": Property("MemorySize", default=128),
        "description": Property("Description", reset_value=""),
        "environment": Property(
            "Environment", reset_value={"variables": {}}, inside={"variables": Property("Variables")}
        ),
        "architectures": Property("Architectures"),
        "kmsKeyArn": Property("KMSKeyArn", reset_value=""),
        "layers": Property("Layers", reset_value=[]),
        "loggingConfig": Property(
            "LoggingConfig",
            inside={
                "logFormat": Property("LogFormat", required=True),
                "logGroup": Property("LogGroup"),
                "applicationLogLevel": Property("ApplicationLogLevel"),
                "systemLogLevel": Property("SystemLogLevel"),
            },
        ),
        "ephemeralStorage": Property("EphemeralStorage", inside={"size": Property("Size")}),
        "tracingConfig": Property("TracingConfig", inside={"mode": Property("Mode", required=True)}),
        "vpcConfig": Property(
            "VpcConfig",
            reset_value=_NO_VPC,
            inside={
                "subnetIds": Property("SubnetIds", required=True, same=same_set),
                "securityGroupIds": Property("SecurityGroupIds", required=True, same=same_set),
                "ipv6AllowedForDualStack": Property("Ipv6AllowedForDualStack"),
            },
        ),
        "snapStart": Property(
            "SnapStart", reset_value={"applyOn": "None"}, inside={"applyOn": Property("ApplyOn", required=True)}
        ),
        "codeSigningConfigArn": Property("CodeSigningConfigArn", unread=True),  # by ministack; AWS does tell
        "reservedConcurrentExecutions": Property(default=-1),
        "publish": Property("Publish", default=False, unread=True),
        "tags": Property("Tags"),
    }
    _AT_CREATION: ClassVar = {"name", "packageType", "publish", "architectures", "codeSigningConfigArn", "tags"}

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        if inputs.get("packageType") == "Image":
            return [("packageType", _NO_IMAGES)]
        runtime = inputs.get("runtime")
        return super().problems(inputs) + [("runtime", text) for text in _not_run(runtime) if runtime]

    def _create(self, aws: Aws, inputs: Values) -> str:
        code = {"ZipFile": zip_bytes(inputs["code"])}
        aws.client("lambda").create_function(Code=code, **to_api(self.properties, inputs))
        return inputs["name"]

    def _finish(self, aws: Aws, resource_id: str, inputs: Values) -> None:
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
        tags = answer.get("Tags", {})
        concurrency = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", -1)
        known = {"reservedConcurrentExecutions": concurrency, "tags": tags}
        return self._configuration(answer["Configuration"]) | known | _arns(aws, latest)

    def _configuration(self, configuration: Values) -> Values:
        layers = [layer["Arn"] for layer in configuration.get("Layers", [])]
        said = from_api(self.properties, configuration | {"Layers": layers})
        if not said.get("vpcConfig", _NO_VPC)["subnetIds"]:
            said.pop("vpcConfig", None)
        for key, none in (("snapStart", {"applyOn": "None"}), ("kmsKeyArn", "")):
            if said.get(key) == none:
                said.pop(key)
        return said | {
            "arn": configuration["FunctionArn"],
            "codeSha256": configuration["CodeSha256"],
            "sourceCodeSize": configuration["CodeSize"],
            "lastModified": configuration["LastModified"],
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        client = aws.client("lambda")
        changed = self.changed(old, new)
        settings = to_api(self.properties, {k: v for k, v in changed.items() if k not in self._AT_CREATION})
        if settings:
            client.update_function_configuration(FunctionName=resource_id, **settings)
        code = self._changed_code(aws, resource_id, new)
        if code:
            client.update_function_code(FunctionName=resource_id, **code)
        if old.get("codeSigningConfigArn") != new.get("codeSigningConfigArn"):
            _sign(aws, resource_id, new.get("codeSigningConfigArn"))
        if "reservedConcurrentExecutions" in changed:
            _reserve(aws, resource_id, changed["reservedConcurrentExecutions"])
        if new["publish"] and (settings or code or "publish" in changed):
            client.publish_version(FunctionName=resource_id)

    def _changed_code(self, aws: Aws, resource_id: str, new: Values) -> Values:
        # Compared with what AWS has, not with the old inputs: Pulumi's state keeps no archives, only their hashes.
        now = aws.client("lambda").get_function(FunctionName=resource_id)
        content = zip_bytes(new["code"])
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        architectures = new.get("architectures", now["Configuration"]["Architectures"])
        same = (digest, architectures) == (now["Configuration"]["CodeSha256"], now["Configuration"]["Architectures"])
        return {} if same else {"ZipFile": content, "Architectures": architectures}

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("lambda").delete_function(FunctionName=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("lambda").tag_resource(Resource=_arn(aws, "function", resource_id), Tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("lambda").untag_resource(Resource=_arn(aws, "function", resource_id), TagKeys=keys)


class EventSourceMapping(ResourceType):
    """`aws.lambda_.EventSourceMapping` from a queue. Its id is its UUID."""

    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    properties: ClassVar[Properties] = {
        "eventSourceArn": Property("EventSourceArn", required=True, force_new=True),
        "functionName": Property("FunctionName", required=True, same=same_function),
        "batchSize": Property("BatchSize", reset_value=10),
        "maximumBatchingWindowInSeconds": Property("MaximumBatchingWindowInSeconds", reset_value=0),
        "functionResponseTypes": Property("FunctionResponseTypes", reset_value=[], same=same_set),
        "filterCriteria": Property(
            "FilterCriteria",
            reset_value={},
            inside={"filters": Property("Filters", inside={"pattern": Property("Pattern")}, same=same_set)},
        ),
        "scalingConfig": Property(
            "ScalingConfig", reset_value={}, inside={"maximumConcurrency": Property("MaximumConcurrency")}
        ),
        "provisionedPollerConfig": Property(
            "ProvisionedPollerConfig",
            reset_value={},
            unread=True,  # by ministack; AWS does tell
            inside={"minimumPollers": Property("MinimumPollers"), "maximumPollers": Property("MaximumPollers")},
        ),
        "metricsConfig": Property(
            "MetricsConfig",
            reset_value={"metrics": []},
            unread=True,  # by ministack; AWS does tell
            inside={"metrics": Property("Metrics", required=True, same=same_set)},
        ),
        "enabled": Property("Enabled", default=True),
        "tags": Property("Tags"),
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        return [*super().problems(inputs), *filters.problems(inputs.get("filterCriteria"))]

    def _create(self, aws: Aws, inputs: Values) -> str:
        answer = aws.client("lambda").create_event_source_mapping(**to_api(self.properties, inputs))
        return answer["UUID"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        client = aws.client("lambda")
        mapping = client.get_event_source_mapping(UUID=resource_id)
        tags = client.list_tags(Resource=mapping["EventSourceMappingArn"]).get("Tags", {})
        return from_api(self.properties, mapping) | {
            "uuid": mapping["UUID"],
            "arn": mapping["EventSourceMappingArn"],
            "functionArn": mapping["FunctionArn"],
            "functionName": mapping["FunctionArn"],  # the AWS provider's own choice, whatever the program gave
            "enabled": mapping["State"] in ("Creating", "Enabling", "Enabled"),
            "state": mapping["State"],
            "stateTransitionReason": mapping["StateTransitionReason"],
            "lastModified": rfc3339(mapping["LastModified"]),
            "lastProcessingResult": mapping["LastProcessingResult"],
            "tags": tags,
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        changed = self.changed(old, new)
        changed.pop("tags", None)
        if changed:
            aws.client("lambda").update_event_source_mapping(UUID=resource_id, **to_api(self.properties, changed))

    def volatile(self, inputs: Values) -> set[str]:
        return {"state", "stateTransitionReason", "lastModified", "lastProcessingResult"}

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("lambda").delete_event_source_mapping(UUID=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("lambda").tag_resource(Resource=_arn(aws, "event-source-mapping", resource_id), Tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("lambda").untag_resource(Resource=_arn(aws, "event-source-mapping", resource_id), TagKeys=keys)

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        keys = {"EventSourceArn": inputs["eventSourceArn"], "FunctionName": inputs["functionName"]}
        found = aws.client("lambda").list_event_source_mappings(**keys)["EventSourceMappings"]
        return found[0]["UUID"] if found else None


def _arn(aws: Aws, kind: str, resource_id: str) -> str:
    return f"arn:aws:lambda:{aws.region}:{aws.account_id}:{kind}:{resource_id}"


def _arns(aws: Aws, latest: Values) -> Values:
    """The addresses of a function and of its newest version, which the provider makes from their ARNs."""
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


def _not_run(runtime: Any) -> list[str]:
    """Why functions of this runtime do not run here; ministack would take their messages for handled."""
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
    else:  # -1 is the provider's way to say: nothing reserved
        client.delete_function_concurrency(FunctionName=name)
