from sqs_batch import Record, Reject, batch_handler


@batch_handler
def handle(record: Record) -> None:
    hand = record.json
    if hand["bet"] < 0:
        raise Reject("the bet is negative")  # moves to the dead-letter queue at once, so its table does not wait
    print("table", record.group_id, "hand", hand["number"])
