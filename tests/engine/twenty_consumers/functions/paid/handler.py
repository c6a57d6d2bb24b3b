import os

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function

from sqs_batch import Record, batch_handler

table = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="id")


@idempotent_function(data_keyword_argument="hand", config=config, persistence_store=table, key_prefix="hands")
def pay(hand: dict[str, str]) -> None:
    print("did", hand["id"])


@batch_handler
def handle(record: Record) -> None:
    print("sees", record.json["id"])
    pay(hand=record.json)
