from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    print("payment", record.json["id"])
