"""The rules on the function's options, each with a consumer that breaks it and the whole text that its user reads."""

from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings.findings import Level
from test_rules import Case, assert_told

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hands:1"
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:tools:3"

CASES = [
    Case(
        "image-excludes",
        "hands",
        {
            "source": None,
            "image_uri": IMAGE,
            "runtime": "python3.13",
            "function": {"layers": [LAYER], "alias": {"snap_start": True}},
        },
        "image_uri: got an image together with runtime, function.layers, function.alias.snap_start; allowed: an image without them. An image has its code, runtime, handler and layers in it, and Lambda neither signs nor snapshots it. Leave these out; function.image_config overrides what the image says.",
        also=[],
    ),
    Case(
        "image-config-without-image",
        "hands",
        {"function": {"image_config": {"commands": ["handler.handle"]}}},
        "function.image_config: got it without image_uri; allowed: it with image_uri only. It overrides the entry point, command and working directory of an image. Leave it out, or give image_uri.",
        also=[],
    ),
    Case(
        "handler-file-missing",
        "hands",
        {"runtime": "nodejs22.x", "handler": "handlr.handle"},
        "handler: got 'handlr.handle' of nodejs22.x, with no file handlr.js or handlr.mjs or handlr.cjs in {source}; allowed: the handler of a file there. Every invocation would fail, and every message would end in the dead-letter queue. Correct it (did you mean 'handler.py'?).",
        also=[],
    ),
    Case(
        "handler-export-missing",
        "hands",
        {"runtime": "nodejs22.x", "handler": "index.handel"},
        "handler: got 'index.handel', with no export 'handel' in index.js; allowed: a function that is exported there. Every invocation would fail, and every message would end in the dead-letter queue. Correct it (did you mean 'handle'?).",
        also=[],
    ),
    Case(
        "vpc-incomplete",
        "hands",
        {"function": {"vpc": {"subnet_ids": ["subnet-1", "subnet-2"]}}},
        "function.vpc: got no security_group_ids; allowed: at least one of each. Lambda makes its network interfaces in the subnets, with the security groups. Add them, or leave vpc out.",
        also=[],
    ),
    Case(
        "one-subnet",
        "hands",
        {"function": {"vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}}},
        "function.vpc.subnet_ids: got one subnet; allowed: subnets in two zones or more. A subnet is in one availability zone, and the consumer stops when that zone does. Add one in another zone.",
        also=[],
    ),
    Case(
        "log-level-without-json",
        "hands",
        {"function": {"application_log_level": "DEBUG", "system_log_level": "WARN"}},
        "function.log_format: got 'Text' with application_log_level and system_log_level; allowed: 'JSON' with a level. Lambda filters lines by their level in JSON only. Set log_format to 'JSON', or leave the level out.",
        also=[],
    ),
    Case(
        "many-managed-policies",
        "hands",
        {"function": {"managed_policy_arns": [f"arn:aws:iam::aws:policy/P{number}" for number in range(11)]}},
        "function.managed_policy_arns: got 11 policies; allowed: at most 10 without a raised quota. A role has at most 10 managed policies without a raised quota. Join policies, or raise the quota.",
        also=[],
    ),
    Case(
        "reserved-below-maximum",
        "hands",
        {"function": {"reserved_concurrent_executions": 4}, "mapping": {"maximum_concurrency": 5}},
        "function.reserved_concurrent_executions: got 4; allowed: 5, mapping.maximum_concurrency, or more. The pollers would be throttled, and throttled messages use up receives and are dead-lettered unprocessed. Raise it, or lower mapping.maximum_concurrency.",
        also=[],
    ),
    Case(
        "reserved-without-maximum",
        "hands",
        {"function": {"reserved_concurrent_executions": 4}},
        "function.reserved_concurrent_executions: got 4 without mapping.maximum_concurrency; allowed: both, or neither. Pollers do not look at the reserve, and throttled messages use up receives and are dead-lettered unprocessed. Set mapping.maximum_concurrency to 4 or less.",
        also=[],
    ),
    Case(
        "provisioned-above-reserved",
        "hands",
        {
            "function": {"reserved_concurrent_executions": 4, "alias": {"provisioned_concurrent_executions": 5}},
            "mapping": {"maximum_concurrency": 4},
        },
        "function.alias.provisioned_concurrent_executions: got 5; allowed: at most 4, function.reserved_concurrent_executions. What is kept ready counts against the function's reserve. Lower it, or raise the reserve.",
        also=[],
    ),
    Case(
        "provisioned-with-snap-start",
        "hands",
        {"function": {"alias": {"provisioned_concurrent_executions": 5, "snap_start": True}}},
        "function.alias.provisioned_concurrent_executions: got 5 with snap_start; allowed: one of the two. Lambda keeps environments ready or restores them from a snapshot, not both. Leave one of them out.",
        also=[],
    ),
    Case(
        "snap-start-runtime",
        "hands",
        {"runtime": "python3.11", "function": {"alias": {"snap_start": True}}},
        "function.alias.snap_start: got True with python3.11; allowed: python3.12, java11, dotnet8, or newer ones of these. Lambda takes snapshots of these only. Leave snap_start out, or use provisioned_concurrent_executions.",
        also=[],
    ),
    Case(
        "snap-start-storage",
        "hands",
        {"function": {"ephemeral_storage": 513, "alias": {"snap_start": True}}},
        "function.ephemeral_storage: got 513 MB with snap_start; allowed: 512 MB. Lambda takes no snapshot of a larger one. Lower it, or leave snap_start out.",
        also=[],
    ),
    Case(
        "alias-name",
        "hands",
        {"function": {"alias": {"name": "7"}}},
        "function.alias.name: got '7'; allowed: 1 to 128 of letters, digits, '-' and '_', not digits alone. Lambda takes no other names, and numbers are versions. Shorten or correct it, or leave it out.",
        also=[],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_says_what_was_given_what_is_allowed_why_and_what_to_do(case: Case, folder: Path) -> None:
    (folder / "index.js").write_text("exports.handle = async (event) => ({ batchItemFailures: [] });\n")
    assert_told(case._replace(text=case.text.replace("{source}", str(folder))), folder)


def found(folder: Path, **args: Any) -> list[str]:
    return [finding.rule for finding in validation.examine("hands", {"source": str(folder), **args})[1]]


def texts(folder: Path, **function: Any) -> list[str]:
    findings = validation.examine("hands", {"source": str(folder), "function": function})[1]
    return [str(finding).partition(" [")[0] for finding in findings]


def test_single_values_say_what_aws_takes(folder: Path) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:alias/hands"
    assert texts(folder, environment_kms_key_arn=key) == [
        f"function.environment_kms_key_arn: got {key!r}; allowed: an ARN like "
        "arn:aws:kms:<region>:<account>:key/<id>. The role is allowed to decrypt with this key, and permissions name "
        "keys, not their aliases. Give an ARN like arn:aws:kms:<region>:<account>:key/<id>, or leave the argument out."
    ]
    assert texts(folder, vpc={"subnet_ids": ["vpc-1"], "security_group_ids": ["sg-1"]}) == [
        "function.vpc.subnet_ids: got 'vpc-1'; allowed: a list of at most 16, each the id of a subnet. Lambda connects a "
        "function to at most 16 subnets and 5 security groups. Give a list of at most 16, each the id of a subnet, or "
        "leave the argument out.",
    ]


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        ({"layers": [f"{LAYER}{number}" for number in range(6)]}, "function.layers"),
        ({"layers": [LAYER, LAYER]}, "function.layers"),
        ({"layers": [LAYER.rpartition(":")[0]]}, "function.layers"),
        ({"layers": LAYER}, "function.layers"),
        ({"vpc": {"subnet_ids": [f"subnet-{n}" for n in range(17)]}}, "function.vpc.subnet_ids"),
        ({"vpc": {"security_group_ids": [f"sg-{n}" for n in range(6)]}}, "function.vpc.security_group_ids"),
        ({"description": "x" * 257}, "function.description"),
        ({"ephemeral_storage": 511}, "function.ephemeral_storage"),
        ({"ephemeral_storage": 10_241}, "function.ephemeral_storage"),
        ({"log_format": "json"}, "function.log_format"),
        ({"log_format": "JSON", "system_log_level": "ERROR"}, "function.system_log_level"),
        ({"log_kms_key_arn": "alias/aws/logs"}, "function.log_kms_key_arn"),
        ({"permissions_boundary": "Boundary"}, "function.permissions_boundary"),
        ({"managed_policy_arns": ["AdministratorAccess"]}, "function.managed_policy_arns"),
        ({"code_signing_config_arn": "arn:aws:s3:::x"}, "function.code_signing_config_arn"),
    ],
)
def test_what_aws_would_refuse_is_refused(folder: Path, function: dict[str, Any], argument: str) -> None:
    findings = validation.examine("hands", {"source": str(folder), "function": function})[1]
    assert argument in {finding.argument for finding in findings if finding.level is Level.ERROR}


@pytest.mark.parametrize(
    "function",
    [
        {"layers": [LAYER[:-1] + str(number) for number in range(5)]},
        {
            "vpc": {
                "subnet_ids": [f"subnet-{n}" for n in range(16)],
                "security_group_ids": [f"sg-{n}" for n in range(5)],
            }
        },
        {"ephemeral_storage": 10_240, "description": "x" * 256},
        {"log_format": "JSON", "application_log_level": "TRACE", "system_log_level": "DEBUG"},
        {"permissions_boundary": "arn:aws-us-gov:iam::123456789012:policy/team/Boundary"},
        {"environment_kms_key_arn": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"},
        {"alias": {"name": "v1", "provisioned_concurrent_executions": 1}},
        {"alias": {"snap_start": True}},
    ],
)
def test_what_aws_takes_is_accepted(folder: Path, function: dict[str, Any]) -> None:
    assert found(folder, function=function) == []


@pytest.mark.parametrize(
    ("uri", "accepted"),
    [
        (IMAGE, True),
        (f"{IMAGE.partition(':')[0]}@sha256:{'0' * 64}", True),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:latest", True),
        ("123456789012.dkr-ecr.us-east-1.on.aws/hands:1", True),
        ("public.ecr.aws/lambda/python:3.13", False),
        ("hands:1", False),
    ],
)
def test_an_image_comes_from_a_private_ecr_repository(uri: str, accepted: bool) -> None:
    findings = validation.examine("hands", {"image_uri": uri})[1]
    assert [finding.argument for finding in findings] == ([] if accepted else ["image_uri"])


@pytest.mark.parametrize(
    ("given", "told"),
    [(["source", "code"], "source and code"), (["source", "image_uri"], "source and image_uri")],
)
def test_two_kinds_of_code_are_refused(folder: Path, given: list[str], told: str) -> None:
    values = {"source": str(folder), "code": object(), "image_uri": IMAGE}
    texts = [str(f) for f in validation.examine("hands", {name: values[name] for name in given})[1]]
    assert texts[0].startswith(f"source: got {told}; allowed: exactly one of source, code and image_uri.")


@pytest.mark.parametrize(("reserved", "fix"), [(0, "mapping.enabled=False"), (1, "Raise it to 2, and set")])
def test_a_reserve_that_no_maximum_fits_is_advised_otherwise(folder: Path, reserved: int, fix: str) -> None:
    assert fix in texts(folder, reserved_concurrent_executions=reserved)[0]


def test_a_reserve_with_the_same_maximum_and_of_a_paused_consumer_is_fine(folder: Path) -> None:
    reserve = {"reserved_concurrent_executions": 5}
    assert found(folder, function=reserve, mapping={"maximum_concurrency": 5}) == []
    assert found(folder, function=reserve, mapping={"enabled": False}) == []


@pytest.mark.parametrize(
    ("runtime", "handler", "fine"),
    [
        ("nodejs22.x", "src/index.handler", True),
        ("nodejs22.x", "index", False),
        ("ruby3.4", "app.LambdaFunction::Handler.process", True),
        ("ruby3.4", "app", False),
        ("java21", "shop.Hands::handle", True),
        ("java21", "shop.Hands", True),
        ("java21", "handler.handle", False),  # our default, which no Java function has
        ("java21", "shop.Hands:handle", False),
        ("dotnet8", "Shop::Shop.Hands::Handle", True),
        ("dotnet8", "Shop", True),
        ("dotnet8", "Shop::Hands", False),
        ("dotnet8", "handler.handle", False),
        ("provided.al2023", "anything", True),
        ("python3.13", "handle", False),
    ],
)
def test_a_handler_has_the_form_of_its_language(runtime: str, handler: str, fine: bool) -> None:
    rules = [f.rule for f in validation.examine("hands", {"code": object(), "runtime": runtime, "handler": handler})[1]]
    assert rules == ([] if fine else ["handler-form"])


@pytest.mark.parametrize(
    ("runtime", "handler", "file"),
    [
        ("nodejs22.x", "src/index.handle", "src/index.mjs"),
        ("nodejs22.x", "./index.handle", "index.cjs"),
        ("ruby3.4", "app.handle", "app.rb"),
        ("java21", "shop.Hands::handle", "shop/Hands.class"),
        ("java21", "shop.Hands::handle", "lib/anything.jar"),
        ("dotnet8", "Shop::Shop.Hands::Handle", "Shop.dll"),
        ("provided.al2023", "anything", "bootstrap"),
    ],
)
def test_the_file_of_a_handler_is_there_or_it_is_refused(folder: Path, runtime: str, handler: str, file: str) -> None:
    assert found(folder, runtime=runtime, handler=handler) == ["handler-file-missing"]
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("exports.handle = () => null;")
    assert found(folder, runtime=runtime, handler=handler) == []


@pytest.mark.parametrize(("runtime", "handler"), [("nodejs22.x", "wrapper.handle"), ("python3.13", "wrapper.handle")])
def test_a_handler_may_be_in_a_layer(folder: Path, runtime: str, handler: str) -> None:
    assert found(folder, runtime=runtime, handler=handler, function={"layers": [LAYER]}) == []


def test_a_large_bundle_is_not_looked_into(folder: Path) -> None:
    for spaces, rules in ((999_000, ["handler-export-missing"]), (1_000_000, [])):
        (folder / "index.js").write_text("exports.other = 1;" + " " * spaces)
        assert found(folder, runtime="nodejs22.x", handler="index.handle") == rules


def test_typescript_is_said_to_need_compiling(folder: Path) -> None:
    (folder / "index.ts").write_text("export const handle = () => null;")
    findings = validation.examine("hands", {"source": str(folder), "runtime": "nodejs22.x", "handler": "index.handle"})[
        1
    ]
    assert [finding.breach.fix for finding in findings] == ["Compile it: Lambda runs no TypeScript"]


def test_another_language_gets_nothing_of_the_python_runtime(folder: Path) -> None:
    (folder / "index.js").write_text("exports.handle = () => null;")
    (folder / "build.py").write_text("import sqs_batch\n")
    args = {"source": str(folder), "runtime": "nodejs22.x", "handler": "index.handle"}
    accepted, findings = validation.examine("hands", args)
    assert findings == []
    assert (accepted.has_runtime, accepted.dead_letter_queue.allow_rejects) == (False, False)
    assert found(folder, **{**args, "retry": {}}) == ["retry-without-runtime"]


@pytest.mark.parametrize(
    ("text", "exported"),
    [
        ("exports.handle = async () => {};", True),
        ("module.exports.handle = handle;", True),
        ("exports['handle'] = handle;", True),
        ("module.exports = { other, handle };", True),
        ("module.exports = { other: { a: 1 }, handle: work };", True),
        ("module.exports = { async handle(event) { return {}; } };", True),
        ("module.exports = { ...require('./other') };", True),
        ("module.exports = require('./other');", True),
        ("module.exports = handle;", True),
        ("Object.assign(exports, { handle });", True),
        ("Object.defineProperty(exports, '__esModule', { value: true });\nexports.handle = void 0;", True),
        ("Object.defineProperty(exports, 'handle', { get: () => handle });", True),
        ("__export(src_exports, { handle: () => handle });\nmodule.exports = __toCommonJS(src_exports);", True),
        ("export const handle = async () => {};", True),
        ("export async function handle(event) {}", True),
        ("export function* handle() {}", True),
        ("export let a = 1, handle = 2;", True),
        ("export const { handle } = other;", True),
        ("const handle = 1;\nexport { handle };", True),
        ("export { work as handle, other };", True),
        ("export * from './other.mjs';", True),
        ("exports.other = handle;", False),
        ("exports.handle == 1;", False),
        ("module.exports = { handler };", False),
        ("// exports.handle = work;\nexports.other = work;", False),
        ("const handle = 1;", False),
        ("function handle() {}\nexport default handle;", False),
        ("export { handle as default };", False),
        ("export const other = () => handle;", False),
        ("", False),
    ],
)
def test_an_export_is_found_as_text_and_refused_only_where_it_cannot_be_there(
    folder: Path, text: str, exported: bool
) -> None:
    (folder / "index.js").write_text(text)
    rules = found(folder, runtime="nodejs22.x", handler="index.handle")
    assert rules == ([] if exported else ["handler-export-missing"])
