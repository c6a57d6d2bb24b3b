"""Packages every function in a folder and uploads all of them, as `sam deploy` does, with boto3 and without Pulumi.

`python -m benchmarks.peers.redeploy functions`, with AWS in the environment. A function is found by its folder's name.
"""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]

ROOT = Path(__file__).parents[2]


def archive(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in [*folder.iterdir(), ROOT / "functions" / "sqs_batch.py", ROOT / "functions" / "ledger.py"]:
            if path.is_file():
                file.write(path, path.name)
    return buffer.getvalue()


def main(folder: Path, client: Any) -> None:
    names: list[str] = [function["FunctionName"] for function in client.list_functions()["Functions"]]
    for name in names:
        letters = name.lower().replace("-", "")  # PokerHandsConsumer, or big-pots-function-1a2b3c4
        source = next(path for path in folder.iterdir() if letters.startswith(path.name.replace("_", "")))
        client.update_function_code(FunctionName=name, ZipFile=archive(source))
    for name in names:
        client.get_waiter("function_updated_v2").wait(FunctionName=name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), boto3.client("lambda"))  # pyright: ignore[reportUnknownMemberType]
