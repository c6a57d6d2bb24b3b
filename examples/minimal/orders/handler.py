from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    print("order", record.json["id"])  # raise, and only this message is retried
