"""The local AWS answers its own clients only, and no other process or browser of this machine."""

import http.client
import re
import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws, local_aws

LIST_USERS = "/?Action=ListUsers&Version=2010-05-08"
RESET, ROLES_KEY = "/_ministack/reset", "ASIAXXXXXXXXXXXXXXXX"
IN_QUERY = f"{LIST_USERS}&X-Amz-Credential={{}}/20260101/us-east-1/iam/aws4_request"


def test_it_listens_on_loopback_only(aws: LocalAws) -> None:
    found = listening_addresses(aws.process_id)
    assert aws.endpoint_url.removeprefix("http://") in found
    # A custom runtime asks an address of its own for its events, where functions of other tests have run.
    assert {address.rpartition(":")[0] for address in found} == {"127.0.0.1"}


def test_a_web_page_and_a_foreign_host_name_are_refused(aws: LocalAws) -> None:
    own, port = signed_with(aws.access_key_id), aws.endpoint_url.rpartition(":")[2]
    assert [status(aws, own, ("Origin", origin)) for origin in ("https://example.com", "null")] == [403] * 2
    hosts = ("example.com", "127.0.0.1", f"127.0.0.1.example.com:{port}", "localhost:1", "")
    assert [status(aws, own, host=host) for host in hosts] == [403] * 5


@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012", ""])
def test_a_key_that_anyone_can_guess_is_refused(aws: LocalAws, key: str) -> None:
    assert status(aws, signed_with(key)) == 403
    assert status(aws, signed_with(key), signed_with(ROLES_KEY), path=LIST_USERS) == 403
    assert status(aws, path=IN_QUERY.format(key)) == 403


def test_a_request_without_a_key_or_with_an_unknown_one_is_refused(aws: LocalAws) -> None:
    assert [status(aws), status(aws, path=LIST_USERS), status(aws, method="POST", path=RESET)] == [403] * 3
    assert status(aws, signed_with(ROLES_KEY), path=LIST_USERS) == 400  # AWS's own answer
    assert status(aws, signed_with(ROLES_KEY), method="POST", path=RESET) == 403


def test_two_local_awss_are_independent(aws: LocalAws, name: str) -> None:
    with local_aws() as other:
        aws.client("sqs").create_queue(QueueName=name)
        assert not other.client("sqs").list_queues().get("QueueUrls")
        assert status(other, signed_with(aws.access_key_id)) == 403
    assert aws.client("sqs").get_queue_url(QueueName=name)


def listening_addresses(process_id: int | None) -> set[str]:
    """Every `address:port` at which this process takes connections or datagrams."""
    if not Path("/proc/net/tcp").exists():
        command = ["lsof", "-nP", "-a", "-p", str(process_id), "-i", "-Fn"]
        names = re.findall(r"^n(.*)$", subprocess.check_output(command, text=True), re.MULTILINE)
        return {name for name in names if "->" not in name}
    sockets, found = set[str](), set[str]()
    for path in Path(f"/proc/{process_id}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(path.readlink()))
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in sockets and fields[2].endswith(":0000"):  # not connected
                found.add(readable(fields[1]))
    return found


def readable(address: str) -> str:
    host, port = address.split(":")
    if len(host) == 8:
        host = socket.inet_ntoa(struct.pack("=I", int(host, 16)))
    return f"{host}:{int(port, 16)}"


def signed_with(key: str) -> tuple[str, str]:
    credential = f"{key}/20260101/us-east-1/iam/aws4_request"
    return "Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def status(
    aws: LocalAws,
    *headers: tuple[str, str],
    method: str = "GET",
    path: str = "/_ministack/health",
    host: str | None = None,
) -> int:
    address = aws.endpoint_url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", address if host is None else host)
    for header, value in headers:
        connection.putheader(header, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()
