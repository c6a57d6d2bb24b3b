"""The environment variables that direct AWS's tools and SDKs to the local AWS, and hide your own accounts."""

import os

from consumers.local.emulator import LocalAws

NO_ACCOUNT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "BOTO_CONFIG": os.devnull,  # ~/.boto, where boto3 looks last
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Hides all credentials but those in `AWS_*` variables: files, and the role of an EC2 instance."""


def aws_environment(aws: LocalAws | None) -> dict[str, str]:
    """Return the variables that replace all `AWS_*` variables of the shell in a child's environment.

    The child's calls go to the local AWS `aws`. With None the child has no credentials, so that its calls fail.
    """
    if aws is None:
        return dict(NO_ACCOUNT)
    return NO_ACCOUNT | {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,  # boto3 reads only this one
        "AWS_ACCESS_KEY_ID": aws.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "not-checked",
    }
