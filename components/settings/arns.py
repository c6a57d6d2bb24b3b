"""One pattern for each kind of ARN."""

import re
from typing import Any, NamedTuple, TypeGuard

from .kinds import InputText


class Arn(NamedTuple):
    """One kind of ARN: an example, and a regular expression for the whole ARN."""

    example: str
    form: str

    @property
    def allowed(self) -> str:
        return f"an ARN like {self.example}"

    def matches(self, value: Any) -> TypeGuard[str]:
        return isinstance(value, str) and re.fullmatch(self.form, value) is not None

    def excludes(self, value: Any) -> TypeGuard[str]:
        """Whether `value` is text, and not such an ARN. An Output is not text."""
        return isinstance(value, str) and not self.matches(value)

    def kind(self, why: str, page: str) -> InputText:
        """Return the kind of an argument whose value is such an ARN."""
        return InputText(why, page, self.allowed, self.form)


def _arn(service: str, resource: str, form: str, region: str = "<region>", account: str = "<account>") -> Arn:
    """Return the ARNs whose last part matches `form`; `resource` is an example of it."""
    forms = {"<region>": "[a-z0-9-]+", "<account>": "[0-9]{12}", "<account> or aws": "([0-9]{12}|aws)", "": ""}
    where = f"{forms[region]}:{forms[account]}"
    example = f"arn:aws:{service}:{region}:{account.partition(' ')[0]}:{resource}"
    return Arn(example, f"arn:aws[a-z-]*:{service}:{where}:{form}")


ANY = Arn(
    "arn:aws:sns:eu-west-1:123456789012:on-call", "(?s)(?=.{1,1024}$)arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+"
)
CODE_SIGNING_CONFIG = _arn("lambda", "code-signing-config:csc-<code>", "code-signing-config:csc-[a-z0-9]{17}")
EVENT_BUS = _arn("events", "event-bus/<name>", "event-bus/[/._A-Za-z0-9-]{1,256}")
IAM_POLICY = _arn("iam", "policy/<name>", "policy/[!-~]{1,640}", region="", account="<account> or aws")
KMS_KEY = _arn("kms", "key/<id>", "key/[A-Za-z0-9-]{1,100}")
LAYER_VERSION = _arn("lambda", "layer:<name>:<version>", "layer:[A-Za-z0-9_-]{1,140}:[0-9]{1,9}")
QUEUE = _arn("sqs", "<name>", r"([0-9A-Za-z_-]{1,80}|[0-9A-Za-z_-]{1,75}\.fifo)")
STREAM = Arn(
    "arn:aws:kinesis:<region>:<account>:stream/<name>",
    r"(?=.{1,1600}$)arn:aws[a-z-]*:(dynamodb:[^:]+:[0-9]{12}:table/.+/stream/.+|kinesis:[^:]+:[0-9]{12}:stream/.+)",
)
TOPIC = _arn("sns", "<name>", r"[\w.-]+")

# The senders to a queue. `*` is allowed in names only: as an account, it would let everybody send.
SENDING_BUCKETS = _arn("s3", "<name>", ".+", region="", account="")
SENDING_RULES = _arn("events", "rule/<name>", "rule/.+")
SENDING_TOPICS = _arn("sns", "<name>", ".+")
