"""AWS's list prices in US dollars per unit, before tax, discounts and volume tiers.

They are from AWS's public price list - for us-east-1 from copies of 2026-02 (CloudWatch), 2026-06 (SQS, KMS) and
2026-09-19 (Lambda), for eu-west-1 from the offer files of 2026-09-11 to 2026-10-01, for eu-central-1 from those of
2026-09-11 - and shown by AWS on the pages below. A price without a source is None, never a guess.
"""

from dataclasses import dataclass

REGIONS = {"us-east-1": "2026-02", "eu-west-1": "2026-09-11", "eu-central-1": "2026-09-11"}
"""The regions, in the order of the table's columns, with the date of the oldest price in the column."""

PAGES = (
    "https://aws.amazon.com/lambda/pricing/",
    "https://aws.amazon.com/sqs/pricing/",
    "https://aws.amazon.com/cloudwatch/pricing/",
    "https://aws.amazon.com/kms/pricing/",
)

MILLION = 1_000_000

TABLE: dict[str, tuple[float | None, ...]] = {
    "lambda_requests": (0.20 / MILLION, 0.20 / MILLION, 0.20 / MILLION),
    "lambda_gb_seconds_x86_64": (0.0000166667, 0.0000166667, 0.0000166667),
    "lambda_gb_seconds_arm64": (0.0000133334, 0.0000133334, 0.0000133334),
    # With provisioned concurrency: a price for readiness, a lower one for running, and no free tier.
    "provisioned_requests": (0.20 / MILLION, 0.20 / MILLION, 0.20 / MILLION),
    "provisioned_gb_seconds_x86_64": (0.0000041667, 0.0000046460, 0.0000050147),
    "provisioned_gb_seconds_arm64": (0.0000033334, None, None),
    "provisioned_duration_gb_seconds_x86_64": (0.0000097222, 0.0000108407, 0.0000117011),
    "provisioned_duration_gb_seconds_arm64": (0.0000077778, None, None),
    "ephemeral_storage_gb_seconds": (0.0000000309, 0.0000000340, 0.0000000367),
    "poller_hours": (0.00925, None, None),
    "sqs_requests": (0.40 / MILLION, 0.40 / MILLION, 0.40 / MILLION),
    "sqs_fifo_requests": (0.50 / MILLION, 0.50 / MILLION, None),
    "log_gb": (0.50, 0.57, 0.63),
    "log_gb_months": (0.03, 0.03, 0.0324),
    "alarms": (0.10, 0.10, 0.10),
    "metrics": (0.30, None, None),
    "kms_requests": (0.03 / 10_000, 0.03 / 10_000, 0.03 / 10_000),
}


@dataclass(frozen=True)
class Allowance:
    """What an account has free each month, shared by everything in it."""

    title: str
    meters: tuple[str, ...]
    amount: float


FREE_TIER = (
    Allowance("1,000,000 Lambda requests", ("lambda_requests",), MILLION),
    Allowance("400,000 GB-seconds", ("lambda_gb_seconds_x86_64", "lambda_gb_seconds_arm64"), 400_000),
    Allowance("1,000,000 SQS requests", ("sqs_fifo_requests", "sqs_requests"), MILLION),
    Allowance("5 GB of logs", ("log_gb", "log_gb_months"), 5),
    Allowance("10 alarms", ("alarms",), 10),
    Allowance("10 metrics", ("metrics",), 10),
    Allowance("20,000 KMS requests", ("kms_requests",), 20_000),
)


def of(region: str) -> dict[str, float | None]:
    """Return the price of each meter in one of `REGIONS`."""
    column = list(REGIONS).index(region)
    return {meter: row[column] for meter, row in TABLE.items()}
