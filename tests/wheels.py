"""Tiny wheels, so that tests install real packages without an index."""

import hashlib
import re
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

LAMBDA_X86 = "cp313-cp313-manylinux_2_28_x86_64"
THIS_PLATFORM = re.sub(r"[-.]", "_", sysconfig.get_platform())
THIS_PYTHON = "cp{0}{1}-cp{0}{1}-{2}".format(*sys.version_info[:2], THIS_PLATFORM)


def write_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    tag: str = "py3-none-any",
    *,
    needs: tuple[str, ...] = (),
    script: str = "",
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel whose module `name` has the wheel's tag in `built_for`."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    contents = {
        f"{name}/__init__.py": f"built_for = {tag!r}\nversion = {version!r}\n",
        **(files or {}),
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if script:
        contents[f"{info}/entry_points.txt"] = f"[console_scripts]\n{script} = {name}:main\n"
    record = "".join(f"{path},,\n" for path in (*contents, f"{info}/RECORD"))
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


def only_wheels_of(folder: Path) -> dict[str, str]:
    """The environment in which uv finds the packages in `folder/wheels` only, and uses no network."""
    return {
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": (folder / "index").as_uri(),
        "UV_FIND_LINKS": str(folder / "wheels"),
        "UV_CACHE_DIR": str(folder / "uv"),
    }


def sha256(wheel: Path) -> str:
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
