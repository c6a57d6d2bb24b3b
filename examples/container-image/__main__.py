"""One handler: a container image if the stack's configuration has its URI, otherwise a folder."""

import pulumi
from queue_consumer import QueueConsumer, QueueConsumerArgs

args = QueueConsumerArgs(timeout=60, memory_size=1024)
if image_uri := pulumi.Config().require("imageUri"):
    args["image_uri"] = image_uri
else:
    args["source"] = "thumbnails"

thumbnails = QueueConsumer("thumbnails", args)
pulumi.export("queueUrl", thumbnails.queue_url)
