"""Write the outputs and pictures of docs/capacity.md: `python -m docs.capacity`."""

import contextlib
import re
import tempfile
from pathlib import Path

from docs.outputs import with_outputs

PAGE = Path(__file__).with_name("capacity.md")
FILE = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def outputs(page: str) -> tuple[str, dict[str, str]]:
    """Return the page with the current output of its commands, and the pictures that they write, by file name."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        for file, text in FILE.findall(page):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text.replace("from queue_consumer ", "from components "))
        written = with_outputs(page)
        return written, {picture.name: picture.read_text("utf-8") for picture in sorted(folder.glob("*.svg"))}


if __name__ == "__main__":
    page, pictures = outputs(PAGE.read_text("utf-8"))
    PAGE.write_text(page, "utf-8")
    for name, picture in pictures.items():
        PAGE.with_name(name).write_text(picture, "utf-8")
