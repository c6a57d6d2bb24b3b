import os

from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    print("did", record.json["id"], os.environ.get("PASSWORD", ""))
