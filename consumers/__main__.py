"""The entry point of `consumers`. It imports the commands only inside the handler of Ctrl-C."""

import sys


def main() -> None:
    """Run the command; after Ctrl-C exit with 130, without a traceback."""
    try:
        from consumers.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
