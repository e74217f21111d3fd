"""Writes `command-line-reference.md`: every command with its arguments and options, from the program itself.

python docs/generate_command_line.py
"""

from __future__ import annotations

import inspect
from pathlib import Path

import click

from gradcheck.cli.main import EPILOG, cli

PAGE = Path(__file__).parent / "command-line-reference.md"


def page() -> str:
    """The whole page."""
    names = list(cli.commands)
    parts = [
        "<!-- Made by docs/generate_command_line.py; do not edit. -->",
        "# Command line reference",
        (
            "Made from the program: what `gradcheck COMMAND --help` says of each command. "
            "[On the command line](command-line.md) goes through the uses."
        ),
        "\n".join(
            ["| command | what it does |", "|---|---|"]
            + [
                f"| [`gradcheck {name}`](#gradcheck-{name}) | {_first(cli.commands[name])} |"
                for name in names
            ]
        ),
        *(part for name in names for part in _command(name, cli.commands[name])),
        "## Exit codes",
        "```text\n" + inspect.cleandoc(EPILOG.replace("\b\n", "")) + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=f"gradcheck {name}")
    usage = " ".join([f"gradcheck {name}", *command.collect_usage_pieces(context)])
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    parts = [f"## gradcheck {name}", f"```text\n{usage}\n```", *_paragraphs(command.help or "")]
    if options:
        rows = [_option(option, context) for option in options]
        parts.append("\n".join(["| option | what it does |", "|---|---|", *rows]))
    return parts


def _option(option: click.Option, context: click.Context) -> str:
    written, help_text = option.get_help_record(context) or ("", "")
    return f"| `{_cell(written)}` | {_cell(help_text)} |"


def _paragraphs(text: str) -> list[str]:
    r"""Help as Markdown: a paragraph after `\b` keeps its lines, as it does on a terminal."""
    found = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            found.append("```text\n" + paragraph.removeprefix("\b").strip("\n") + "\n```")
        else:
            found.append(" ".join(paragraph.split()))
    return found


def _first(command: click.Command) -> str:
    return _cell(_paragraphs(command.help or "")[0].split(". ")[0].rstrip(".") + ".")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
