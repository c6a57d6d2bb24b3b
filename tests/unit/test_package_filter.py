"""Secrets and links that lead out of the folder are packaged only if .lambdaignore names them with a `!`."""

import re
from pathlib import Path

import pytest

from components.packaging import package_filter
from components.packaging.archive import UnreadableSource, function_files, source_files
from error_texts import ErrorTexts
from validate import findings_of

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def write(folder: Path, name: str, text: str = "") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_credentials_that_only_tools_read_are_left_out(folder: Path) -> None:
    for name in (*package_filter.SECRETS_OF_TOOLS, "lib/.npmrc"):
        write(folder, name)
    assert list(source_files(folder)) == ["handler.py"]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        *((name, name) for name in (".env.local", ".env.production", "lib/.env.dev", ".pgpass", "client.p12", "a.pfx")),
        *((f"{name}/x", name) for name in (".aws", ".ssh", "lib/.docker", ".kube")),
    ],
)
def test_a_secret_that_a_function_may_read_is_an_error(folder: Path, name: str, named: str) -> None:
    write(folder, name)
    with pytest.raises(UnreadableSource, match=f"^{re.escape(named)}, which holds secrets$"):
        source_files(folder)


@pytest.mark.parametrize(
    "name", ["id_rsa", "id_ed25519", "id_ecdsa", "id_rsa.old", "server.pem", "lib/tls.key", "a.p8"]
)
def test_a_key_file_is_an_error_only_with_a_private_key_inside(folder: Path, name: str) -> None:
    write(folder, name, CERTIFICATE)
    assert name in source_files(folder)
    write(folder, name, CERTIFICATE + KEY)
    with pytest.raises(UnreadableSource, match=f"^{re.escape(name)}, which holds secrets$"):
        source_files(folder)


def test_files_that_only_look_like_secrets_are_packaged(folder: Path) -> None:
    more = ("keys.py", "environment.env", "id_card.txt", "node_modules/tls/test/key.pem", "vendor/x/.env.test")
    names = {*package_filter.NO_SECRETS, *more}
    for name in names:
        write(folder, name, KEY)
    assert names <= source_files(folder).keys()


def test_a_line_in_lambdaignore_leaves_a_secret_out_or_packages_it(folder: Path, error_text: ErrorTexts) -> None:
    write(folder, "conf/.env.local")
    (finding,) = findings_of({"source": str(folder)})
    error_text(str(finding))
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


def test_a_secret_in_an_included_folder_is_an_error_but_an_included_file_is_packaged(
    folder: Path, tmp_path: Path
) -> None:
    write(tmp_path, "lib/.env.local")
    with pytest.raises(UnreadableSource, match=r"^\.env\.local, which holds secrets$") as raised:
        function_files(folder, [tmp_path / "lib"])
    assert f"{(tmp_path / 'lib').as_posix()}/.lambdaignore" in raised.value.fix
    assert ".env.local" in function_files(folder, [tmp_path / "lib" / ".env.local"])


@pytest.mark.parametrize("target", ["outside", "outside/x.py", "/etc/hostname", "gone"])
def test_a_link_that_leads_out_of_the_folder_is_an_error(
    folder: Path, tmp_path: Path, target: str, error_text: ErrorTexts
) -> None:
    write(tmp_path, "outside/x.py")
    write(tmp_path, "outside/.env.local")
    (folder / "lib").mkdir()
    (folder / "lib" / "linked").symlink_to(tmp_path / target)
    (finding,) = findings_of({"source": str(folder)})
    error_text(str(finding))
    write(folder, ".lambdaignore", "linked\n")
    assert list(source_files(folder)) == ["handler.py"]


def test_a_linked_folder_may_contain_no_secret_and_no_link_out_of_it(folder: Path, tmp_path: Path) -> None:
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
def test_a_link_to_a_secret_in_a_folder_that_is_left_out_is_an_error(folder: Path, target: str) -> None:
    for name in (".env.local", ".aws/credentials", "server.pem"):
        write(folder, f"private/{name}", KEY)
    write(folder, ".lambdaignore", "private/\n")
    (folder / "a.txt").symlink_to(f"private/{target}")
    with pytest.raises(UnreadableSource, match=r"^a\.txt, which holds secrets$"):
        source_files(folder)


@pytest.mark.parametrize("target", [".env", ".npmrc"])
def test_a_link_to_a_secret_that_is_left_out_by_itself_is_an_error(folder: Path, target: str) -> None:
    write(folder, target)
    (folder / "settings.txt").symlink_to(target)
    with pytest.raises(UnreadableSource, match=r"^settings\.txt, which holds secrets$"):
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
