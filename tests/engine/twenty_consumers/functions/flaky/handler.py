from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    if record.receive_count == 1:
        raise OSError("not yet")
    print("did", record.json["id"], "at receive", record.receive_count)
