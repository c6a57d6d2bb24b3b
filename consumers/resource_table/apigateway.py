"""HTTP APIs. ministack stores them; `local/http_api.py` sends their requests to queues."""

from collections.abc import Iterator
from typing import ClassVar

from consumers.resource_table.properties import TAG_MAP, Properties, Property, Values, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls, not_found

DEFAULT_STAGE = "$default"
_API_ID = Property("ApiId", required=True, force_new=True)


class _HttpApi(ResourceType):
    service = "apigatewayv2"
    tag_calls = TagCalls(read="get_tags")
    has_empty_defaults = True


class Api(_HttpApi):
    """`aws.apigatewayv2.Api` for HTTP. Its id is assigned by API Gateway."""

    token = "aws:apigatewayv2/api:Api"
    max_name_length = 128
    noun = "api"
    id_parameter = "ApiId"
    arn = "arn:aws:apigateway:{aws.region}::/apis/{id}"
    properties: ClassVar[Properties] = {
        "name": Property("Name"),
        "protocolType": Property("ProtocolType", required=True, force_new=True),
        "description": Property("Description", reset_value=""),
        "corsConfiguration": Property(
            "CorsConfiguration",
            reset_value={},
            nested={
                "allowCredentials": Property("AllowCredentials"),
                "allowHeaders": Property("AllowHeaders"),
                "allowMethods": Property("AllowMethods"),
                "allowOrigins": Property("AllowOrigins"),
                "exposeHeaders": Property("ExposeHeaders"),
                "maxAge": Property("MaxAge"),
            },
        ),
        "tags": TAG_MAP,
    }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        super()._update(aws, resource_id, old, new)
        if old.get("corsConfiguration") and not new.get("corsConfiguration"):
            aws.client("apigatewayv2").delete_cors_configuration(ApiId=resource_id)

    def fake_outputs(self, aws: Aws, arn: str, inputs: Values) -> Values:
        api = "a1b2c3d4e5"
        endpoint = f"https://{api}.execute-api.{aws.region}.amazonaws.com"
        return {"apiEndpoint": endpoint, "executionArn": f"arn:aws:execute-api:{aws.region}:{aws.account_id}:{api}"}

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        execution = f"arn:aws:execute-api:{aws.region}:{aws.account_id}:{resource_id}"
        return {"executionArn": execution, "apiEndpoint": _endpoint(aws, resource_id)}

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        apis = aws.client("apigatewayv2").get_apis()["Items"]
        return next((api["ApiId"] for api in apis if api["Name"] == inputs["name"]), None)


class _Part(_HttpApi):
    """A part of an API. As with the AWS provider, its id does not contain the API's id, so all APIs are searched."""

    def _id_parameters(self, aws: Aws, resource_id: str) -> Values:
        for api, part in self._every(aws):
            if part[self.id_parameter] == resource_id:
                return {"ApiId": api, self.id_parameter: resource_id}
        raise not_found(f"Get {self.noun}")

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        expected = to_api(self.properties, inputs)
        found = (part | {"ApiId": api} for api, part in self._every(aws))
        return next((part[self.id_parameter] for part in found if expected.items() <= part.items()), None)

    def _every(self, aws: Aws) -> Iterator[tuple[str, Values]]:
        for api in aws.client("apigatewayv2").get_apis()["Items"]:
            for part in self._call(aws, f"get_{self.noun}s", {"ApiId": api["ApiId"]})["Items"]:
                yield api["ApiId"], part


class Authorizer(_Part):
    """`aws.apigatewayv2.Authorizer` by JWT. The local AWS accepts no token, only its own access key."""

    token = "aws:apigatewayv2/authorizer:Authorizer"
    max_name_length = 128
    noun = "authorizer"
    id_parameter = "AuthorizerId"
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "authorizerType": Property("AuthorizerType", required=True),
        "name": Property("Name"),
        "identitySources": Property("IdentitySource", required=True),
        "jwtConfiguration": Property(
            "JwtConfiguration", nested={"issuer": Property("Issuer"), "audiences": Property("Audience")}
        ),
    }


class Integration(_Part):
    """`aws.apigatewayv2.Integration` with an AWS service."""

    token = "aws:apigatewayv2/integration:Integration"
    noun = "integration"
    id_parameter = "IntegrationId"
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
            text = "the local AWS supports the 'integrationSubtype' SQS-SendMessage only."
            found.append(("integrationSubtype", text))
        return found


class Route(_Part):
    """`aws.apigatewayv2.Route`."""

    token = "aws:apigatewayv2/route:Route"
    noun = "route"
    id_parameter = "RouteId"
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "routeKey": Property("RouteKey", required=True),
        "target": Property("Target", reset_value=""),
        "authorizationType": Property("AuthorizationType", default="NONE"),
        "authorizerId": Property("AuthorizerId", reset_value=""),
    }


class Stage(_HttpApi):
    """`aws.apigatewayv2.Stage`, without throttling. Its id is `<API>/<name>`."""

    token = "aws:apigatewayv2/stage:Stage"
    max_name_length = 128
    noun = "stage"
    id_properties = ("apiId", "name")
    properties: ClassVar[Properties] = {
        "apiId": _API_ID,
        "name": Property("StageName", force_new=True),
        "autoDeploy": Property("AutoDeploy", default=False),
        "accessLogSettings": Property(
            "AccessLogSettings",
            # On AWS a call of its own removes them, DeleteAccessLogSettings, which ministack lacks.
            reset_value={},
            nested={
                "destinationArn": Property("DestinationArn", required=True),
                "format": Property("Format", required=True),
            },
        ),
        "defaultRouteSettings": Property(
            "DefaultRouteSettings",
            nested={
                "throttlingRateLimit": Property("ThrottlingRateLimit"),
                "throttlingBurstLimit": Property("ThrottlingBurstLimit"),
            },
        ),
        "tags": TAG_MAP,
    }

    def _arn(self, aws: Aws, resource_id: str) -> str:
        return f"arn:aws:apigateway:{aws.region}::/apis/{resource_id.replace('/', '/stages/')}"

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        api, name = resource_id.split("/")
        url = f"{_endpoint(aws, api)}/{'' if name == DEFAULT_STAGE else name}"
        return {"arn": self._arn(aws, resource_id), "invokeUrl": url}


def _endpoint(aws: Aws, api_id: str) -> str:
    # By path: the host name that an API has on AWS would not lead to this machine.
    return f"{aws.client('apigatewayv2').meta.endpoint_url}/_aws/execute-api/{api_id}"
