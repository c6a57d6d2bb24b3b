"""One handler, as a container image where the stack names one, else from its folder."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs

image_uri = pulumi.Config().require("imageUri")
code = QueueConsumerArgs(image_uri=image_uri) if image_uri else QueueConsumerArgs(source="thumbnails")

thumbnails = QueueConsumer("thumbnails", QueueConsumerArgs(**code, timeout=60, memory_size=1024))
pulumi.export("queueUrl", thumbnails.queue_url)
