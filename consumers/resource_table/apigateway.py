"""HTTP APIs. ministack keeps them; `local/http_api.py` puts what is posted to them into queues."""

from collections.abc import Iterator
from typing import Any, ClassVar

from consumers.resource_table.properties import Properties, Property, Values, from_api, said, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, gone

DEFAULT_STAGE = "$default"
_API_ID = Property(required=True, force_new=True)


class _Tagged(ResourceType):
    """An API, whose id is API Gateway's, or one of its stages, whose id is that and its name, joined."""

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("apigatewayv2").tag_resource(ResourceArn=_arn(aws, resource_id), Tags=tags)

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("apigatewayv2").untag_resource(ResourceArn=_arn(aws, resource_id), TagKeys=keys)


class Api(_Tagged):
    """`aws.apigatewayv2.Api` for HTTP."""

    token = "aws:apigatewayv2/api:Api"
    longest_name = 128
    properties: ClassVar[Properties] = {
        "name": Property("Name"),
        "protocolType": Property("ProtocolType", required=True, force_new=True),
        "description": Property("Description", reset_value=""),
        "tags": Property(),
    }

    def fake_outputs(self, arn: str, inputs: Values) -> Values:
        *_, region, account, _ = arn.split(":")
        api = "a1b2c3d4e5"
        endpoint = f"https://{api}.execute-api.{region}.amazonaws.com"
        return {"apiEndpoint": endpoint, "executionArn": f"arn:aws:execute-api:{region}:{account}:{api}"}

    def _create(self, aws: Aws, inputs: Values) -> str:
        named = to_api(self.properties, inputs)
        return aws.client("apigatewayv2").create_api(**named, Tags=inputs.get("tags", {}))["ApiId"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        api = from_api(self.properties, aws.client("apigatewayv2").get_api(ApiId=resource_id))
        execution = f"arn:aws:execute-api:{aws.region}:{aws.account_id}:{resource_id}"
        made = {"arn": _arn(aws, resource_id), "executionArn": execution, "apiEndpoint": _endpoint(aws, resource_id)}
        return said(api) | made | {"tags": _tags(aws, made["arn"])}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        aws.client("apigatewayv2").update_api(ApiId=resource_id, **to_api(self.properties, self.changed(old, new)))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("apigatewayv2").delete_api(ApiId=resource_id)

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        apis = aws.client("apigatewayv2").get_apis()["Items"]
        return next((api["ApiId"] for api in apis if api["Name"] == inputs["name"]), None)


class _Part(ResourceType):
    """What belongs to an API. Its id is its own alone, as with the AWS provider, so it is looked for in every API."""

    kind: ClassVar[str]

    def _create(self, aws: Aws, inputs: Values) -> str:
        return self._call(aws, "create", inputs["apiId"], **to_api(self.properties, inputs))[f"{self.kind}Id"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        api, part = self._found(aws, resource_id)
        return said(from_api(self.properties, part)) | {"apiId": api}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        changed = to_api(self.properties, self.changed(old, new))
        self._call(aws, "update", new["apiId"], **changed, **{f"{self.kind}Id": resource_id})

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        api, _ = self._found(aws, resource_id)
        self._call(aws, "delete", api, **{f"{self.kind}Id": resource_id})

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        asked = to_api(self.properties, inputs).items()
        of_it = (part for api, part in self._every(aws) if api == inputs["apiId"])
        return next((part[f"{self.kind}Id"] for part in of_it if asked <= part.items()), None)

    def _found(self, aws: Aws, resource_id: str) -> tuple[str, Values]:
        for api, part in self._every(aws):
            if part[f"{self.kind}Id"] == resource_id:
                return api, part
        raise gone(f"Get{self.kind}s")

    def _every(self, aws: Aws) -> Iterator[tuple[str, Values]]:
        for api in aws.client("apigatewayv2").get_apis()["Items"]:
            for part in self._call(aws, "get", api["ApiId"], "s")["Items"]:
                yield api["ApiId"], part

    def _call(self, aws: Aws, verb: str, api_id: str, plural: str = "", **parameters: Any) -> Values:
        return getattr(aws.client("apigatewayv2"), f"{verb}_{self.kind.lower()}{plural}")(ApiId=api_id, **parameters)


class Integration(_Part):
    """`aws.apigatewayv2.Integration` with a service of AWS."""

    token = "aws:apigatewayv2/integration:Integration"
    kind = "Integration"
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "integrationType": Property("IntegrationType", required=True, force_new=True),
        "integrationSubtype": Property("IntegrationSubtype", force_new=True),
        "credentialsArn": Property("CredentialsArn"),
        "payloadFormatVersion": Property("PayloadFormatVersion", default="1.0"),
        "requestParameters": Property("RequestParameters"),
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = super().problems(inputs)
        if inputs.get("integrationSubtype", "SQS-SendMessage") != "SQS-SendMessage":
            found.append(
                ("integrationSubtype", "the local AWS realises the 'integrationSubtype' SQS-SendMessage only.")
            )
        return found


class Authorizer(_Part):
    """`aws.apigatewayv2.Authorizer` by JWT. No token passes: the local AWS answers its own access key only."""

    token = "aws:apigatewayv2/authorizer:Authorizer"
    kind = "Authorizer"
    longest_name = 128
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "authorizerType": Property("AuthorizerType", required=True),
        "name": Property("Name"),
        "identitySources": Property("IdentitySource", required=True),
        "jwtConfiguration": Property(
            "JwtConfiguration", inside={"issuer": Property("Issuer"), "audiences": Property("Audience")}
        ),
    }


class Route(_Part):
    """`aws.apigatewayv2.Route`."""

    token = "aws:apigatewayv2/route:Route"
    kind = "Route"
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "routeKey": Property("RouteKey", required=True),
        "target": Property("Target", reset_value=""),
        "authorizationType": Property("AuthorizationType", default="NONE"),
        "authorizerId": Property("AuthorizerId", reset_value=""),
    }


class Stage(_Tagged):
    """`aws.apigatewayv2.Stage`, which throttles nobody here."""

    token = "aws:apigatewayv2/stage:Stage"
    longest_name = 128
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "name": Property("StageName", force_new=True),
        "autoDeploy": Property("AutoDeploy", default=False),
        "defaultRouteSettings": Property(
            "DefaultRouteSettings",
            inside={
                "throttlingRateLimit": Property("ThrottlingRateLimit"),
                "throttlingBurstLimit": Property("ThrottlingBurstLimit"),
            },
        ),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        named = to_api(self.properties, inputs)
        aws.client("apigatewayv2").create_stage(ApiId=inputs["apiId"], **named, Tags=inputs.get("tags", {}))
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        api, name = _of_stage(resource_id)
        stage = from_api(self.properties, aws.client("apigatewayv2").get_stage(ApiId=api, StageName=name))
        url = f"{_endpoint(aws, api)}/{'' if name == DEFAULT_STAGE else name}"
        arn = _arn(aws, resource_id)
        return said(stage) | {"apiId": api, "arn": arn, "invokeUrl": url, "tags": _tags(aws, arn)}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        api, name = _of_stage(resource_id)
        changed = to_api(self.properties, self.changed(old, new))
        aws.client("apigatewayv2").update_stage(ApiId=api, StageName=name, **changed)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        api, name = _of_stage(resource_id)
        aws.client("apigatewayv2").delete_stage(ApiId=api, StageName=name)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['apiId']}/{inputs['name']}"


def _endpoint(aws: Aws, api_id: str) -> str:
    # By path: the host name that an API has on AWS would not lead to this machine.
    return f"{aws.client('apigatewayv2').meta.endpoint_url}/_aws/execute-api/{api_id}"


def _arn(aws: Aws, resource_id: str) -> str:
    return f"arn:aws:apigateway:{aws.region}::/apis/{resource_id.replace('/', '/stages/')}"


def _of_stage(resource_id: str) -> tuple[str, str]:
    api, slash, name = resource_id.partition("/")
    if not slash:
        raise gone("GetStage")
    return api, name


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return aws.client("apigatewayv2").get_tags(ResourceArn=arn)["Tags"]
