"""The local AWS as a context manager: ministack in a process of its own, which ends with this one.

    with local_aws() as aws:
        aws.client("sqs").create_queue(QueueName="hands")

It listens on loopback only, accepts only this run's access key, enforces IAM on every call of a function, and keeps all
files in one folder, which is removed at the end.
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
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from consumers.local.ministack_patches import VERSION
from consumers.local.server import kill_group, remove_folder

SERVICES = (
    "dynamodb",
    "iam",
    "lambda",
    "logs",
    "monitoring",
    "sqs",
    "sts",
    "tagging",
    "apigateway",
    "events",
    "s3",
    "scheduler",
    "sns",
)
"""The enabled services by ministack's names: `monitoring` is CloudWatch, `tagging` the tagging API. Fewer start faster
and expose less."""

ACCOUNT_ID = "000000000000"
START_TIMEOUT = 30.0
"""Seconds. A start takes 0.3 s, and many times that on a busy machine that has to compile ministack first."""

END_TIMEOUT = 5.0
"""Seconds. It takes 0.1 s."""

_HERE = Path(__file__).parent


class LocalAwsError(Exception):
    """The local AWS did not start. The text says why, and ends with its log."""


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS. It is thread-safe."""

    endpoint_url: str
    """On 127.0.0.1 and a free port."""

    region: str
    """The region of its clients. The other regions exist too, and are empty."""

    account_id: str

    access_key_id: str = field(repr=False)
    """The account's root key, new for each run. It is never printed: with it, anybody can run code as you."""

    process_id: int | None
    """The server, which leads the process group of itself and the functions. None where another process started it."""

    _session: Any = field(repr=False, compare=False)
    _clients: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service (`"sqs"`, `"lambda"`), the same one each time.

        It ignores this machine's AWS configuration: profiles, `AWS_*` variables, files and proxies.
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def regions(self, service: str) -> list[str]:
        """Return the regions that boto3 lists for a service."""
        return self._session.get_available_regions(service)

    def post(self, url: str, body: str, **headers: str) -> tuple[int, str]:
        """Post to the URL of an `HttpRoute`, signed with SigV4; return the status and the text of the answer."""
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
            # Empty, not None: with None botocore reads the environment. The pool serves concurrent threads.
            config=Config(proxies={}, max_pool_connections=32),
        )


@contextmanager
def local_aws(region: str = "us-east-1") -> Generator[LocalAws]:
    """Run a local AWS during the `with` block, and remove everything afterwards, also after an exception.

    Several can run at once. If this process is killed, the local AWS, its functions and its folder are removed too.

    Raises:
        LocalAwsError: it does not start.
    """
    with _temporary_folder() as folder:
        process, aws = start(folder, region, stdin=subprocess.PIPE)  # the pipe closes when we die
        try:
            yield aws
        finally:
            end(process)


def connect(endpoint_url: str, access_key_id: str, region: str = "us-east-1") -> LocalAws:
    """Return a local AWS that another process started."""
    return LocalAws(endpoint_url, region, ACCOUNT_ID, access_key_id, None, _botocore_session())


@contextmanager
def _temporary_folder() -> Generator[Path]:
    # Not mkdtemp: interrupted, it can leave a folder behind whose name is lost.
    path = Path(tempfile.gettempdir(), f"local-aws-{secrets.token_hex(8)}")
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        remove_folder(path)


def start(folder: Path, region: str, *, stdin: int, port: int = 0) -> tuple[subprocess.Popen[bytes], LocalAws]:
    """Start a local AWS in `folder`, an empty folder of its own, and wait until it answers. `port` 0 is any free one.

    The server ends, and removes the folder, at a byte on `stdin` or at its end.

    Raises:
        LocalAwsError: it does not start.
        OSError: the port is taken.
    """
    _check_ministack()
    access_key_id = "AKIA" + secrets.token_hex(8).upper()
    # The server inherits the bound socket, so that no other process can take the port in between.
    with socket.create_server(("127.0.0.1", port)) as listener, (folder / "log").open("wb") as log:
        port = int(listener.getsockname()[1])
        process = subprocess.Popen(
            # -P: otherwise the modules beside server.py are importable there by their bare names.
            [sys.executable, "-P", str(_HERE / "server.py"), str(listener.fileno()), str(folder)],
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(folder, port, region, access_key_id),
            pass_fds=[listener.fileno()],
            start_new_session=True,  # no Ctrl-C from the terminal; and a process group to kill in the end
        )
    try:
        # Importing botocore takes as long as the server takes to start: do both at once.
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
            "The local AWS requires the package ministack, which is not installed: install the extra `local`."
        ) from None
    if installed != VERSION:
        raise LocalAwsError(
            f"The local AWS requires ministack {VERSION}, but {installed} is installed: install the extra `local` "
            f"again, or `pip install ministack=={VERSION}`."
        )


def _environment(folder: Path, port: int, region: str, access_key_id: str) -> dict[str, str]:
    """Return the server's whole environment. Functions inherit it, so it has none of this process's variables."""
    folders = {"TMPDIR": folder / "tmp", "STATE_DIR": folder / "state", "S3_DATA_DIR": folder / "s3"}
    for path in folders.values():
        path.mkdir()
    settings = {name: str(path) for name, path in folders.items()} | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": access_key_id,  # becomes the root key; functions get their role's keys instead
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on every interface
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "NODE_OPTIONS": f'--require "{_HERE / "lambda_site" / "site.cjs"}"',
        "PYTHONPATH": str(_HERE / "lambda_site"),
        "SERVICES": ",".join(SERVICES),
        "SFTP_ENABLED": "0",
    }
    return settings | {
        # The sitecustomize removes these from the functions' environment: a handler may read LOG_LEVEL itself.
        "LOCAL_AWS_SETTINGS": ",".join([*settings.keys() - {"AWS_ACCESS_KEY_ID", "TMPDIR"}, "LOCAL_AWS_SETTINGS"]),
        "HOME": str(folder),
        "PATH": program_folders(),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        # Some Pythons, like those of GitHub's runners, do not start without it.
        **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
    }


def program_folders() -> str:
    """Return the server's PATH: the system's default folders, and the one with Node.js, for functions."""
    node = shutil.which("node")
    return os.pathsep.join([os.defpath, str(Path(node).parent)] if node else [os.defpath])


def _botocore_session() -> Any:
    """Return a session that reads neither the environment nor files: every setting keeps its default."""
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
    """Return the status of the server's health check: 200 where it is ready and has this access key."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        credential = f"AWS4-HMAC-SHA256 Credential={access_key_id}/"
        connection.request("GET", "/_ministack/health", headers={"Authorization": credential})
        return connection.getresponse().status


def _wait_until_ready(port: int, access_key_id: str, log: Path) -> None:
    # The socket listens already: the request waits in its backlog until the server accepts it, and fails when it dies.
    try:
        status = health(port, access_key_id, START_TIMEOUT)
    except TimeoutError:
        raise _start_error(f"did not answer within {START_TIMEOUT:g} s", log) from None
    except (OSError, http.client.HTTPException):
        raise _start_error("ended while it was starting", log) from None
    if status != http.client.OK:
        raise _start_error(f"answered its health check with {status}", log)


def _start_error(failure: str, log: Path) -> LocalAwsError:
    lines = log.read_text(errors="replace").splitlines()
    return LocalAwsError("\n  ".join([f"The local AWS {failure}. The end of its log:", *lines[-15:]]))


def end(process: subprocess.Popen[bytes]) -> None:
    """End a local AWS that this process started, whatever its state."""
    if process.stdin:
        process.stdin.close()  # ends the server as our death would, so that a second Ctrl-C does no harm from here on
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_TIMEOUT)
    kill_group(process.pid)  # in case it hangs, or crashed and left functions behind
    process.wait()
