from typing import Any

import click

from consumers.commands.printing import echo, print_json
from consumers.did_you_mean import did_you_mean


@click.command()
@click.argument("rule", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list with an object for each rule.")
@click.option("--markdown", is_flag=True, help="Print a table, as docs/rules.md has it.")
def rules(rule: str | None, as_json: bool, markdown: bool) -> None:
    """List the rules for consumers, or show one by its id."""
    from consumers.library import listed

    all_rules = [_as_data(one) for one in listed()]
    chosen = [one for one in all_rules if rule in (None, one["id"])]
    if not chosen:
        hint = did_you_mean(rule or "", [one["id"] for one in all_rules])
        raise click.ClickException(f"There is no rule {rule!r}.{hint} `consumers rules` lists all {len(all_rules)}.")
    if as_json:
        print_json(chosen)
    elif markdown:
        echo(as_markdown(chosen))
    else:
        for one in chosen:
            _print(one)


def as_markdown(rules: list[dict[str, Any]]) -> str:
    """Return the page of the documentation that lists the rules."""
    rows = [
        f"| `{one['id']}` | {one['level']} | {', '.join(f'`{name}`' for name in one['arguments'])} "
        f"| {_sentence(one)} | [AWS]({one['page']}) |"
        for one in rules
    ]
    head = "| rule | level | arguments | why | page |\n|---|---|---|---|---|"
    return "\n".join(["# Rules", "", INTRODUCTION, "", head, *rows])


INTRODUCTION = """\
These rules check every consumer before any of its resources is registered. An *error* stops the deployment: AWS
would refuse it, or it would lose messages. A *warning* does not, and `ignore_advice={"rule-id": "reason"}` turns it
off. `consumers check` evaluates a program by them without deploying it. This page is `consumers rules --markdown`; a
test compares them."""


def _as_data(rule: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "arguments": list(rule.arguments),
        "allowed": rule.allowed,
        "why": rule.why,
        "page": rule.page,
    }


def _sentence(one: dict[str, Any]) -> str:
    text = f"{one['allowed']}: {one['why']}" if one["allowed"] else one["why"]
    return f"{text[0].upper()}{text[1:]}.".replace("|", "\\|")


def _print(one: dict[str, Any]) -> None:
    echo(f"  {one['level']}  {', '.join(one['arguments'])}", title=one["id"])
    echo(f"    {_sentence(one)} {one['page']}")
