"""Pulumi archives as the bytes of a zip file."""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def zip_bytes(archive: Any) -> bytes:
    """Return the zip file for Lambda from a Pulumi archive.

    A `FileArchive` of a `.zip` file stays unchanged. A folder, or an `AssetArchive`, is packed.

    Raises:
        ValueError: the archive has another type, or a file is not a zip file.
        OSError: a file is missing or unreadable.
    """
    import pulumi  # here: it takes a third of a second, which a start of the emulator must not wait for

    if isinstance(archive, pulumi.FileArchive) and not Path(archive.path).is_dir():
        return _zip_file(Path(archive.path))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content, executable in sorted(_entries(pulumi, "", archive)):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            packed.writestr(entry, content)
    return buffer.getvalue()


def _zip_file(path: Path) -> bytes:
    content = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError(f"the archive {path} is neither a folder nor a zip file.")
    return content


def _entries(pulumi: Any, name: str, item: Any) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the files of an asset or archive: name inside the zip file, content, and whether it is executable."""
    if isinstance(item, pulumi.AssetArchive):
        for key, inner in item.assets.items():
            yield from _entries(pulumi, f"{name}/{key}" if name else key, inner)
    elif isinstance(item, pulumi.StringAsset):
        yield name, item.text.encode(), False
    elif isinstance(item, pulumi.FileAsset):
        yield name, Path(item.path).read_bytes(), os.access(item.path, os.X_OK)
    elif isinstance(item, pulumi.FileArchive):
        yield from _files(name, Path(item.path))
    else:
        raise ValueError(f"a local function does not support a {type(item).__name__}: use files, folders or text.")


def _files(name: str, path: Path) -> Iterator[tuple[str, bytes, bool]]:
    if path.is_dir():
        for file in path.rglob("*"):
            if file.is_file():
                inside = file.relative_to(path).as_posix()
                yield f"{name}/{inside}" if name else inside, file.read_bytes(), os.access(file, os.X_OK)
        return
    with zipfile.ZipFile(io.BytesIO(_zip_file(path))) as packed:
        for entry in packed.infolist():
            if not entry.is_dir():
                inside = f"{name}/{entry.filename}" if name else entry.filename
                yield inside, packed.read(entry), bool(entry.external_attr >> 16 & 0o111)
