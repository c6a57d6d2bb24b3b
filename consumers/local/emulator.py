"""The local AWS as a context manager: ministack in a process of its own, which ends with ours.

    with local_aws() as aws:
        aws.client("sqs").create_queue(QueueName="hands")

It listens on loopback only, answers only those who have this run's access key, enforces IAM on everything that a
function does, and keeps every file in one folder that is removed at the end.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import http.client
import importlib.metadata
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from consumers.local.ministack_patches import VERSION
from consumers.local.server import kill_group, remove_folder

SERVICES = (
    *("dynamodb", "iam", "lambda", "logs", "monitoring", "sqs", "sts", "tagging"),
    *("apigateway", "events", "s3", "scheduler", "sns"),
)
"""What is switched on, in ministack's names: `monitoring` is CloudWatch, `tagging` the tagging API. Fewer start faster
and leave less open."""

ACCOUNT_ID = "000000000000"
START_TIMEOUT = 30.0
"""Seconds. It starts in 0.3 s; a cold, busy machine that has to compile ministack first takes many times that."""

END_TIMEOUT = 5.0
"""Seconds. It ends in 0.1 s."""

_HERE = Path(__file__).parent


class LocalAwsError(Exception):
    """The local AWS did not start. The text says why, and ends with its log."""


@dataclass(frozen=True)
class LocalAws:
    """A local AWS that is running. Everything here may be used from several threads."""

    endpoint_url: str
    """On 127.0.0.1 and a free port."""

    region: str
    """The region of its clients. The other regions are there too, and as empty as on AWS."""

    account_id: str

    access_key_id: str = field(repr=False)
    """The account's root, new for each run. Whoever has it can run code as you, so it is not printed."""

    process_id: int | None
    """Of the server, which leads the process group that it and the functions' processes are in. None where somebody
    else has started it."""

    _session: Any = field(repr=False, compare=False)
    _clients: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """The client of a service (`"sqs"`, `"lambda"`), as `boto3.client` makes it; the same one each time.

        Nothing of this machine's AWS set-up reaches it: no profile, no `AWS_*` variable, no file, no proxy.
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def regions(self, service: str) -> list[str]:
        """Where a service is, as far as boto3 knows."""
        return self._session.get_available_regions(service)

    def post(self, url: str, body: str, **headers: str) -> tuple[int, str]:
        """Post to the URL of an `HttpRoute`, signed as it wants it; return the status and the text of the answer."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        request: Any = AWSRequest("POST", url, headers, body)
        SigV4Auth(Credentials(self.access_key_id, "not-checked"), "execute-api", self.region).add_auth(request)
        address = urlsplit(url)
        with closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
            connection.request("POST", address.path, body.encode(), dict(request.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def _new_client(self, service: str) -> Any:
        from botocore.config import Config

        return self._session.create_client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key="not-checked",
            # Empty, not None: with None botocore asks the environment. The pool is for resources made side by side.
            config=Config(proxies={}, max_pool_connections=32),
        )


@contextmanager
def local_aws(region: str = "us-east-1", *, services: Iterable[str] = SERVICES) -> Generator[LocalAws]:
    """Run a local AWS for as long as the `with` block takes; afterwards nothing is left, whatever ended the block.

    Several may run at once. If this process is killed, the local AWS, its functions and its folder go too.

    Raises `LocalAwsError` if it does not start.
    """
    with _temporary_folder() as folder:
        process, aws = start(folder, region, services, stdin=subprocess.PIPE)  # its end tells it that we are gone
        try:
            yield aws
        finally:
            end(process)


def connect(endpoint_url: str, access_key_id: str, region: str = "us-east-1") -> LocalAws:
    """A local AWS that somebody else has started."""
    return LocalAws(endpoint_url, region, ACCOUNT_ID, access_key_id, None, _botocore_session())


@contextmanager
def _temporary_folder() -> Generator[Path]:
    # Not mkdtemp: interrupted, it can leave a folder that nobody knows of.
    path = Path(tempfile.gettempdir(), f"local-aws-{secrets.token_hex(8)}")
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        remove_folder(path)


def start(
    folder: Path, region: str, services: Iterable[str] = SERVICES, *, stdin: int, port: int = 0
) -> tuple[subprocess.Popen[bytes], LocalAws]:
    """Start a local AWS in `folder`, which is empty and its own, and wait until it answers. `port` 0 is any free one.

    It ends, and removes the folder, when `stdin` gives a byte or is at its end.

    Raises `LocalAwsError` if it does not start, and `OSError` if the port is taken.
    """
    _check_ministack()
    access_key_id = "AKIA" + secrets.token_hex(8).upper()
    # We take the port and hand the socket over, so that nobody else can take it in between.
    with socket.create_server(("127.0.0.1", port)) as listener, (folder / "log").open("wb") as log:
        port = int(listener.getsockname()[1])
        process = subprocess.Popen(
            # -P: otherwise the modules beside server.py are importable there by their bare names.
            [sys.executable, "-P", str(_HERE / "server.py"), str(listener.fileno()), str(folder)],
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(folder, port, region, access_key_id, services),
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C is for us; and it makes the group that we kill in the end
        )
    try:
        # botocore takes as long to import as the server to start: both at once.
        session = _botocore_session()
        _wait_until_ready(port, access_key_id, folder / "log")
    except BaseException:
        end(process)
        raise
    return process, LocalAws(f"http://127.0.0.1:{port}", region, ACCOUNT_ID, access_key_id, process.pid, session)


def _check_ministack() -> None:
    try:
        installed = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        raise LocalAwsError(
            "The local AWS needs the package ministack, which is not installed: install the extra `local`."
        ) from None
    if installed != VERSION:
        raise LocalAwsError(
            f"The local AWS needs ministack {VERSION}, and {installed} is installed: install the extra `local` again, "
            f"or `pip install ministack=={VERSION}`."
        )


def _environment(folder: Path, port: int, region: str, access_key_id: str, services: Iterable[str]) -> dict[str, str]:
    """The server's whole environment. Functions inherit it, so nothing of ours goes in."""
    folders = {"TMPDIR": folder / "tmp", "STATE_DIR": folder / "state", "S3_DATA_DIR": folder / "s3"}
    for path in folders.values():
        path.mkdir()
    settings = {name: str(path) for name, path in folders.items()} | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": access_key_id,  # makes it root; functions get their role's keys instead
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on every interface
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "NODE_OPTIONS": f'--require "{_HERE / "lambda_site" / "site.cjs"}"',
        "PYTHONPATH": str(_HERE / "lambda_site"),
        "SERVICES": ",".join(services),
        "SFTP_ENABLED": "0",
    }
    return settings | {
        # The sitecustomize takes these out of the functions' environment: a handler may well read LOG_LEVEL.
        "LOCAL_AWS_SETTINGS": ",".join([*settings.keys() - {"AWS_ACCESS_KEY_ID", "TMPDIR"}, "LOCAL_AWS_SETTINGS"]),
        "HOME": str(folder),
        "PATH": program_folders(),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        # Some Pythons, those of GitHub's runners among them, do not start without it.
        **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
    }


def program_folders() -> str:
    """Where the server finds programs: the system's own folders, and the one with Node.js, which functions may need."""
    node = shutil.which("node")
    return os.pathsep.join([os.defpath, str(Path(node).parent)] if node else [os.defpath])


def _botocore_session() -> Any:
    """A session that looks at neither the environment nor any file: every variable keeps its default."""
    import botocore.loaders
    import botocore.session

    session_class: Any = botocore.session.Session
    variables = {name: (None, None, *rest) for name, (_, _, *rest) in session_class.SESSION_VARIABLES.items()}
    variables["config_file"] = variables["credentials_file"] = (None, None, os.devnull, None)
    session = session_class(session_vars=variables)
    loader: Any = botocore.loaders.Loader
    # Without the default search paths, one of which is ~/.aws/models.
    packaged = loader(extra_search_paths=[loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    session.register_component("data_loader", packaged)
    return session


def health(port: int, access_key_id: str, timeout: float) -> int:
    """Ask the server on this port whether it is ready: the HTTP status, 200 where it is and the key is its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        credential = f"AWS4-HMAC-SHA256 Credential={access_key_id}/"
        connection.request("GET", "/_ministack/health", headers={"Authorization": credential})
        return connection.getresponse().status
    finally:
        connection.close()


def _wait_until_ready(port: int, access_key_id: str, log: Path) -> None:
    # The socket listens already, so this waits in its queue until the server takes it up, and fails when it dies.
    try:
        status = health(port, access_key_id, START_TIMEOUT)
    except TimeoutError:
        raise _start_error(f"did not answer within {START_TIMEOUT:g} s", log) from None
    except (OSError, http.client.HTTPException):
        raise _start_error("ended while it was starting", log) from None
    if status != http.client.OK:
        raise _start_error(f"answered {status} when asked whether it is ready", log)


def _start_error(what: str, log: Path) -> LocalAwsError:
    lines = log.read_text(errors="replace").splitlines()
    return LocalAwsError("\n  ".join([f"The local AWS {what}. The end of its log:", *lines[-15:]]))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a local AWS that we have started, whatever state it is in."""
    if process.stdin:
        process.stdin.close()  # sets off the same end as our death would, so a second Ctrl-C does no harm from here on
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_TIMEOUT)
    kill_group(process.pid)  # in case it hangs, or has crashed and left functions behind
    process.wait()
