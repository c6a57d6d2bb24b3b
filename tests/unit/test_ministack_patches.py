"""What the local AWS needs of ministack is there, in the one version that it is written for."""

import asyncio
import importlib
import importlib.metadata
import inspect
import operator
import tomllib
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAwsError, local_aws
from consumers.local.ministack_patches import PATCHED, REQUEST_ID_IN, VERSION, call_no_https_endpoint

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("module", "names"), PATCHED.items())
def test_what_is_patched_is_there(module: str, names: tuple[str, ...]) -> None:
    for name in names:
        operator.attrgetter(name)(importlib.import_module(module))


def test_the_local_aws_calls_no_https_endpoint_to_confirm_a_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    async def confirm(topic_arn: str, subscription: dict[str, str]) -> None:
        called.append(subscription["protocol"])

    sns = importlib.import_module("ministack.services.sns")
    monkeypatch.setattr(sns, "_send_subscription_confirmation", confirm)
    call_no_https_endpoint()
    for protocol in ("https", "http"):
        asyncio.run(sns._send_subscription_confirmation("arn", {"protocol": protocol}))
    assert called == ["http"]


def test_the_worker_keeps_the_request_id_where_functions_look_for_it() -> None:
    worker = inspect.getsource(importlib.import_module("ministack.core.lambda_runtime"))
    assert f"{REQUEST_ID_IN} = " in worker
    assert REQUEST_ID_IN in (ROOT / "consumers" / "local" / "lambda_site" / "sitecustomize.py").read_text()


def test_the_extra_the_constraints_and_the_check_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"ministack=={VERSION}" in project["optional-dependencies"]["local"]
    assert f"\nministack=={VERSION} " in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize("installed", ["1.4.21", "1.5.34"])
def test_another_version_is_refused_in_one_line(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", {"ministack": installed}.__getitem__)
    with pytest.raises(LocalAwsError) as caught, local_aws():
        pass
    assert str(caught.value) == (
        f"The local AWS requires ministack {VERSION}, but {installed} is installed: install the extra `local` "
        f"again, or `pip install ministack=={VERSION}`."
    )
