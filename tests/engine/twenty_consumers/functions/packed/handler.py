# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
import chips  # a wheel that the test makes
import shared  # lib/shared.py

from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    print("did", record.json["id"], "with", chips.version, shared.WORD)
