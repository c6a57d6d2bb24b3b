"""Lines of a JSON log, as `consumers logs` prints them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations.log_lines import readable


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            '{"timestamp":"2026-11-21T11:17:31Z","level":"INFO","message":"invoke records=10","logger":"sqs_batch",'
            '"requestId":"fff5"}',
            "[INFO]\t2026-11-21T11:17:31Z\tfff5\tinvoke records=10",
        ),
        (
            '{"timestamp": "t", "level": "ERROR", "message": "boom", "stackTrace": ["  File \\"h.py\\", line 6\\n"],'
            ' "errorType": "ZeroDivisionError", "errorMessage": "division by zero", "requestId": "r"}',
            '[ERROR]\tt\tr\tboom\n  File "h.py", line 6\nZeroDivisionError: division by zero',
        ),
        (  # Node.js, where what is logged may be an object, and comes without an id outside invocations
            '{"timestamp":"t","level":"WARN","message":{"a":1}}',
            '[WARN]\tt\t\t{"a": 1}',
        ),
        (
            '{"time":"t","type":"platform.start","record":{"requestId":"r","version":"$LATEST"}}',
            "START RequestId: r Version: $LATEST",
        ),
        (
            '{"time":"t","type":"platform.report","record":{"requestId":"r","metrics":{"durationMs":8.21,'
            '"billedDurationMs":9,"memorySizeMB":128,"maxMemoryUsedMB":42,"initDurationMs":186.53},"status":"success"}}',
            "REPORT RequestId: r\tDuration: 8.21 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 42 MB"
            "\tInit Duration: 186.53 ms",
        ),
    ],
)
def test_a_line_of_a_json_log_reads_as_the_same_line_of_a_text_log(line: str, text: str) -> None:
    assert readable(line) == text


@pytest.mark.parametrize(
    "line",
    [
        "[INFO]\tt\tr\tdid it",
        "START RequestId: r Version: $LATEST",
        '{"time":"t","type":"platform.initStart","record":{}}',
        '{"_aws":{"Timestamp":1},"handled":9}',
        '{"level":"INFO"}',
        "{not json",
        "{" * 2_000,
        "",
    ],
)
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert readable(line) == line


objects = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=80)
@given(odd=objects, record=objects | st.fixed_dictionaries({"metrics": objects}))
def test_no_line_is_too_odd_to_print(odd: object, record: object) -> None:
    assert readable(json.dumps({"level": odd, "message": odd, "stackTrace": odd, "errorType": odd}))
    for kind in ("start", "report"):
        assert readable(json.dumps({"type": f"platform.{kind}", "record": record}))
