"""The command `consumers`: parses and prints, nothing else."""

import click

from consumers.commands.demo import demo


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """SQS queue consumers on AWS Lambda, and an AWS inside this machine to try them on."""


main.add_command(demo)

if __name__ == "__main__":
    main()
