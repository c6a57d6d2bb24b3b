"""Record which patterns Event Ruler, AWS's own matcher, accepts, and which messages match them, for tests to compare.

    python scripts/ruler_verdicts

This requires Java 17 and Maven, and writes ruler_verdicts.jsonl and ruler_matches.jsonl in tests/unit/data. Every run
generates the same patterns and messages. For another version of Event Ruler, change pom.xml and run it again.
"""

import json
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from messages import pairs
from patterns import patterns

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parents[1] / "tests" / "unit" / "data"
SEED, NUMBER, LONGEST = 12, 13_000, 130
MATCHES, LONGEST_PAIR = 8_000, 150


def main() -> None:
    lines = list(dict.fromkeys(line for line in map(_json, patterns(SEED, NUMBER)) if len(line) <= LONGEST))
    _write("ruler_verdicts.jsonl", "JsonRuleCompiler.check(pattern, false)", lines, _verdicts(lines))
    tried = [(_json(pattern), body) for pattern, body in pairs(SEED, MATCHES)]
    short = list(dict.fromkeys(pair for pair in tried if sum(map(len, pair)) <= LONGEST_PAIR))
    valid = [
        pair for pair, taken in zip(short, _verdicts([pattern for pattern, _ in short]), strict=True) if taken == "1"
    ]
    verdicts = _verdicts([f'{pattern}\t{{"body":{body}}}' for pattern, body in valid])
    lines = [f"{pattern},{_json(body)}" for pattern, body in valid]
    _write("ruler_matches.jsonl", 'Ruler.matchesRule({"body": body}, pattern)', lines, verdicts)


def _write(name: str, check: str, lines: list[str], verdicts: list[str]) -> None:
    head = _json({"event-ruler": _version(), "check": check, "seed": SEED})
    rows = (f"[{verdict},{line}]" for verdict, line in zip(verdicts, lines, strict=True))
    (OUTPUT / name).write_text("\n".join([head, *rows, ""]))


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
