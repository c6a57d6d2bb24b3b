"""Secrets and links out of the folder are never packaged without a word."""

import re
from pathlib import Path

import pytest

from components import validation
from components.packaging import package_filter
from components.packaging.archive import UnreadableSource, function_files, source_files

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def write(folder: Path, name: str, text: str = "") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.mark.parametrize("name", [*package_filter.SECRETS_OF_TOOLS, "lib/.npmrc"])
def test_credentials_that_only_tools_read_are_left_out(folder: Path, name: str) -> None:
    write(folder, name)
    assert list(source_files(folder)) == ["handler.py"]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        *((name, name) for name in (".env.local", ".env.production", "lib/.env.dev", ".pgpass", "client.p12", "a.pfx")),
        *((f"{name}/x", name) for name in (".aws", ".ssh", "lib/.docker", ".kube")),
    ],
)
def test_a_secret_that_a_function_may_read_is_refused_by_its_name(folder: Path, name: str, named: str) -> None:
    write(folder, name)
    with pytest.raises(UnreadableSource, match=f"^{re.escape(named)}, which holds secrets$"):
        source_files(folder)


@pytest.mark.parametrize(
    "name", ["id_rsa", "id_ed25519", "id_ecdsa", "id_rsa.old", "server.pem", "lib/tls.key", "a.p8"]
)
def test_a_key_is_refused_only_with_a_private_key_inside(folder: Path, name: str) -> None:
    write(folder, name, CERTIFICATE)
    assert name in source_files(folder)
    write(folder, name, CERTIFICATE + KEY)
    with pytest.raises(UnreadableSource, match=f"^{re.escape(name)}, which holds secrets$"):
        source_files(folder)


@pytest.mark.parametrize(
    "name",
    [
        *package_filter.NO_SECRETS,
        *("keys.py", "environment.env", "id_card.txt", "node_modules/tls/test/key.pem", "vendor/x/.env.test"),
    ],
)
def test_what_only_looks_like_a_secret_is_packaged(folder: Path, name: str) -> None:
    write(folder, name, KEY)
    assert name in source_files(folder)


def test_the_error_says_how_to_leave_a_secret_out_and_how_to_package_it(folder: Path) -> None:
    write(folder, "conf/.env.local")
    (finding,) = validation.examine("hands", {"source": str(folder)})[1]
    assert str(finding) == (
        "source: got conf/.env.local, which holds secrets; allowed: files of the folder that can be read, and no "
        "secrets. The folder is packaged as it is. Move it out of the folder, and let the function read it from "
        f"Secrets Manager or Parameter Store; a line conf/.env.local in {folder.as_posix()}/.lambdaignore leaves it "
        "out, and !conf/.env.local packages it all the same. [source-unreadable] "
        "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"
    )
    write(folder, ".lambdaignore", "conf/.env.local\n")
    assert list(source_files(folder)) == ["handler.py"]
    write(folder, ".lambdaignore", "!conf/.env.local\n")
    assert list(source_files(folder)) == ["conf/.env.local", "handler.py"]


def test_the_last_line_that_matches_decides(folder: Path) -> None:
    write(folder, ".env")
    write(folder, "a.csv")
    write(folder, "b.csv")
    write(folder, "server.pem", KEY)
    write(folder, ".lambdaignore", "*.csv\n!b.csv\n!.env\n!*.pem\n")
    assert list(source_files(folder)) == [".env", "b.csv", "handler.py", "server.pem"]
    write(folder, ".lambdaignore", "!b.csv\n*.csv\n!.env\n.env\n*.pem\n")
    assert list(source_files(folder)) == ["handler.py"]


def test_a_secret_in_a_shared_folder_is_refused_and_a_file_that_is_named_is_packaged(
    folder: Path, tmp_path: Path
) -> None:
    write(tmp_path, "lib/.env.local")
    with pytest.raises(UnreadableSource, match=r"^\.env\.local, which holds secrets$") as raised:
        function_files(folder, [tmp_path / "lib"])
    assert f"{(tmp_path / 'lib').as_posix()}/.lambdaignore" in raised.value.fix
    assert ".env.local" in function_files(folder, [tmp_path / "lib" / ".env.local"])


@pytest.mark.parametrize("target", ["outside", "outside/x.py", "/etc/hostname", "gone"])
def test_a_link_that_leaves_the_folder_is_refused(folder: Path, tmp_path: Path, target: str) -> None:
    write(tmp_path, "outside/x.py")
    write(tmp_path, "outside/.env.local")
    (folder / "lib").mkdir()
    (folder / "lib" / "linked").symlink_to(tmp_path / target)
    (finding,) = validation.examine("hands", {"source": str(folder)})[1]
    file = f"{folder.as_posix()}/.lambdaignore"
    assert finding.breach.given == "lib/linked, a link that leads out of the folder"
    assert finding.breach.fix == (
        f"Copy what it leads to, or name that with include; a line lib/linked in {file} leaves it out, and !lib/linked "
        "packages it all the same"
    )
    write(folder, ".lambdaignore", "linked\n")
    assert list(source_files(folder)) == ["handler.py"]


def test_a_link_that_may_leave_the_folder_brings_no_secret_and_may_not_be_left_again(
    folder: Path, tmp_path: Path
) -> None:
    write(tmp_path, "outside/x.py")
    (tmp_path / "outside" / "y.py").symlink_to("x.py")
    (folder / "linked").symlink_to(tmp_path / "outside")
    write(folder, ".lambdaignore", "!linked\n")
    assert list(source_files(folder)) == ["handler.py", "linked/x.py", "linked/y.py"]
    (tmp_path / "outside" / "z.py").symlink_to(folder / "handler.py")
    with pytest.raises(UnreadableSource, match=r"^linked/z\.py, a link that leads out of the folder$"):
        source_files(folder)
    (tmp_path / "outside" / "z.py").unlink()
    write(tmp_path, "outside/.env.local")
    with pytest.raises(UnreadableSource, match=r"^linked/\.env\.local, which holds secrets$"):
        source_files(folder)


@pytest.mark.parametrize("target", [".env.local", ".aws/credentials", ".aws", "server.pem"])
def test_a_link_gives_a_secret_no_other_name(folder: Path, target: str) -> None:
    for name in (".env.local", ".aws/credentials", "server.pem"):
        write(folder, name, KEY)
    write(folder, ".lambdaignore", "")
    (folder / "a.txt").symlink_to(target)
    with pytest.raises(UnreadableSource) as raised:
        source_files(folder)
    (folder / "a.txt").rename(folder / "0.txt")  # sorted before the secrets themselves
    assert "holds secrets" in str(raised.value)
    with pytest.raises(UnreadableSource, match=r"^(0\.txt|\.aws|\.env\.local), which holds secrets$"):
        source_files(folder)


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(folder)
    assert list(source_files(tmp_path / "linked")) == ["handler.py"]


def test_the_docs_list_each_secret_name() -> None:
    page = Path("docs/dependencies.md").read_text("utf-8")
    rows = {cells[2].strip(): cells[1] for line in page.splitlines() if len(cells := line.split("|")) == 5}
    listed = {what: set(re.findall(r"`([^`]+)`", names)) for what, names in rows.items()}
    assert listed["left out"] == set(package_filter.SECRETS_OF_TOOLS)
    assert listed["refused"] == set(package_filter.SECRETS)
    assert listed["refused with a private key inside"] == set(package_filter.KEYS)
    assert listed["packaged"] == set(package_filter.NO_SECRETS)
