"""Record which event patterns Event Ruler, EventBridge's own matcher, accepts. The tests compare our rules with it.

    python scripts/ruler_verdicts

This requires Java 17 and Maven, and writes tests/unit/data/ruler_verdicts.jsonl. Every run generates the same patterns.
For another version of Event Ruler, change pom.xml and run it again.
"""

import json
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from patterns import patterns

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parents[1] / "tests" / "unit" / "data" / "ruler_verdicts.jsonl"
SEED, NUMBER, LONGEST = 12, 13_000, 130


def main() -> None:
    lines = list(dict.fromkeys(line for line in map(_json, patterns(SEED, NUMBER)) if len(line) <= LONGEST))
    head = _json({"event-ruler": _version(), "check": "JsonRuleCompiler.check(pattern, false)", "seed": SEED})
    verdicts = _verdicts(lines)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(
        "\n".join([head, *(f"[{taken},{line}]" for taken, line in zip(verdicts, lines, strict=True)), ""])
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _version() -> str:
    version = ET.parse(HERE / "pom.xml").findtext(".//dependency/version")
    assert version is not None
    return version


def _verdicts(lines: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as libraries:
        copy = ["mvn", "-q", "-f", HERE, "dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
        subprocess.run(copy, check=True)
        java = ["java", "-cp", f"{libraries}/*", HERE / "Verdicts.java"]
        return subprocess.run(
            java, input="\n".join(lines), text=True, stdout=subprocess.PIPE, check=True
        ).stdout.split()


main()
