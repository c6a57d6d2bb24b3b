from sqs_batch import Record, Reject, batch_handler


@batch_handler
def handle(record: Record) -> None:
    hand = record.json
    if hand["bet"] < 0:
        raise Reject("the bet is negative")  # goes to the dead-letter queue at once, and its table continues
    print("table", record.group_id, "hand", hand["number"])
