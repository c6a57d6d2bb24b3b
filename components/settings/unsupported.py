"""Arguments of Lambda that no consumer supports, each with its reason, where another unknown name may be a typo."""

from dataclasses import dataclass

from . import pages


@dataclass(frozen=True)
class Unsupported:
    """A kind of function that a consumer cannot have, and the names of the arguments that would ask for it."""

    names: tuple[str, ...]
    """As pulumi-aws has them, and as a program might shorten them; without `_`, in lower case."""
    allowed: str
    why: str
    fix: str
    page: str


_PAGE = "see docs/wrong-tool.md in the repository"
KINDS = (
    Unsupported(
        ("durableconfig", "durable"),
        "a function that handles a batch in one invocation",
        "a mapping waits for a whole durable execution, and for 15 minutes at most, so it runs no longer than any "
        "function; it also needs a published version, permissions for checkpoints, and a handler of its SDK instead of "
        "sqs_batch",
        f"Leave it out, and let the handler start the long execution: {_PAGE}",
        pages.LAMBDA_DURABLE_MAPPINGS,
    ),
    Unsupported(
        ("capacityproviderconfig", "capacityprovider", "managedinstances"),
        "a function on Lambda's default compute",
        "a function on managed instances needs a capacity provider with a VPC, a published version and JSON logs; its "
        "concurrent batches share /tmp; and while instances start it throttles, which uses up receives",
        f"Leave it out, or register such a function with a mapping of your own: {_PAGE}",
        pages.LAMBDA_MANAGED_INSTANCES,
    ),
)


def find(name: object) -> Unsupported | None:
    """Return the kind of function that an argument of this name asks for, in Python's or another language's form."""
    plain = str(name).replace("_", "").lower()
    return next((kind for kind in KINDS if plain in kind.names), None)
