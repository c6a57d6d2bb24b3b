"""The example: two consumers of poker hands, each with its own queue.

Only this file reads the stack's configuration and exports outputs.
"""

import pulumi

from components import FunctionOptions, QueueConsumer, QueueConsumerArgs, QueueOptions
from workflow import Workflow

config = pulumi.Config()
logs = FunctionOptions(log_retention_in_days=config.require_int("logRetentionInDays"))
queues = QueueOptions(protect=config.require_bool("protect"))
fixed_names = config.require_bool("fixedNames")
big_pot = config.require_int("bigPot")
workflow = Workflow(logs, queues, big_pot) if config.require_bool("workflow") else None

poker_hands = QueueConsumer(
    "poker-hands",
    QueueConsumerArgs(
        source="functions/poker_hands",
        runtime="python3.12",
        timeout=config.require_int("timeout"),
        memory_size=config.require_int("memorySize"),
        max_receive_count=config.require_int("maxReceiveCount"),
        retry={"base_delay_seconds": config.require_int("retryBaseDelaySeconds")},
        function={**logs, "name": "PokerHandsConsumer", "role_name": "PokerHandsLambdaRole"} if fixed_names else logs,
        queue={**queues, "name": "PokerHandsQueue"} if fixed_names else queues,
        dead_letter_queue={"name": "PokerHandsDeadLetterQueue"} if fixed_names else {},
    )
    | (workflow.poker_hands() if workflow else {}),
)

big_pots = QueueConsumer(
    "big-pots",
    QueueConsumerArgs(
        source="functions/big_pots",
        runtime="python3.12",
        timeout=10,
        filters=[{"body": {"chip_delta": [{"numeric": [">=", big_pot]}]}}],
        function=logs,
        queue=queues,
    )
    | (workflow.big_pots() if workflow else {}),
)

pulumi.export("queueUrl", poker_hands.queue_url)
pulumi.export("deadLetterQueueUrl", poker_hands.dead_letter_queue_url)
pulumi.export("functionName", poker_hands.function_name)
pulumi.export("logGroupName", poker_hands.log_group_name)
pulumi.export("bigPotsQueueUrl", big_pots.queue_url)
pulumi.export("bigPotsFunctionName", big_pots.function_name)
pulumi.export("bigPotsLogGroupName", big_pots.log_group_name)

for name, value in (workflow.connect(poker_hands, big_pots) if workflow else {}).items():
    pulumi.export(name, value)
