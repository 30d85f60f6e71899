"""How every command is shaped: options that all share, an example in its help, lazy groups.

The shared options are accepted before and after a command's name; the later one counts.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final

import click

ENTRY_POINT_GROUP: Final = "satchel.commands"
HELP_NAMES: Final = ("-h", "--help")
CONTEXT_SETTINGS: Final = {"help_option_names": list(HELP_NAMES), "max_content_width": 80}


@dataclass(frozen=True)
class Shared:
    """What the options that all commands share said."""

    home: Path | None = None
    passphrase_file: Path | None = None
    json: bool = False


def shared_of(context: click.Context) -> Shared:
    """What was said so far, at any level of the command line."""
    shared = context.find_root().obj
    return shared if isinstance(shared, Shared) else Shared()


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    if value is not None and value is not False:
        fields: dict[str, Any] = {str(option.name): value}
        context.find_root().obj = replace(shared_of(context), **fields)


def _shared_options() -> list[click.Parameter]:
    path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--home"],
            type=path,
            metavar="FOLDER",
            expose_value=False,
            callback=_keep,
            help="The node's folder (or SATCHEL_HOME).",
        ),
        click.Option(
            ["--passphrase-file"],
            type=path,
            metavar="FILE",
            expose_value=False,
            callback=_keep,
            help="A file with the passphrase (or SATCHEL_PASSPHRASE_FILE).",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="Print JSON, errors too.",
        ),
    ]


def _epilog(example: str) -> str:
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.split("\n"))


class SatchelCommand(click.Command):
    """A command with an example in its help and the shared options."""

    def __init__(self, *arguments: Any, example: str, **options: Any) -> None:
        options.setdefault("context_settings", CONTEXT_SETTINGS)
        options["epilog"] = "\b\nExample:\n" + "\n".join(
            f"  {line}" for line in example.split("\n")
        )
        super().__init__(*arguments, **options)
        self.example = example
        self.params += _shared_options()

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """The same in every context: click keeps the help option of the first that asks."""
        return list(HELP_NAMES)


@dataclass(frozen=True)
class Lazy:
    """A command that is imported when it is called: `module:attribute`, and its line of help."""

    target: str
    help: str


class SatchelGroup(click.Group):
    """A group whose commands are imported when they are called."""

    command_class = SatchelCommand

    def __init__(
        self,
        *arguments: Any,
        lazy: Mapping[str, Lazy] | None = None,
        open_to_others: bool = False,
        example: str,
        **options: Any,
    ) -> None:
        options.setdefault("context_settings", CONTEXT_SETTINGS)
        options["epilog"] = "\b\nExample:\n" + "\n".join(
            f"  {line}" for line in example.split("\n")
        )
        options.setdefault("no_args_is_help", False)
        super().__init__(*arguments, **options)
        self.example = example
        self.params += _shared_options()
        self._lazy = dict(lazy or {})
        self._open_to_others = open_to_others

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """See `SatchelCommand`."""
        return list(HELP_NAMES)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in the order of the table, then those of other packages by name."""
        return [*self._lazy, *self.commands, *sorted(self.others())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command that is called."""
        if cmd_name in self._lazy:
            module, _, attribute = self._lazy[cmd_name].target.partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        other = self.others().get(cmd_name)
        if other is None:
            return None
        loaded: click.Command = other.load()
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with a line of help each, without importing any."""
        rows = [(name, lazy.help) for name, lazy in self._lazy.items()]
        rows += [(name, command.get_short_help_str(60)) for name, command in self.commands.items()]
        rows += [
            (name, f"From `{other.module.partition('.')[0]}`; see `satchel {name} -h`.")
            for name, other in sorted(self.others().items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def others(self) -> dict[str, EntryPoint]:
        """The commands that other packages add, by name; none is loaded."""
        if not self._open_to_others:
            return {}
        return {found.name: found for found in entry_points(group=ENTRY_POINT_GROUP)}


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], SatchelCommand]:
    """Decorate a function as a command; its docstring is the help. It may return an exit code."""

    def decorate(function: Callable[..., Any]) -> SatchelCommand:
        made: SatchelCommand = click.command(name, cls=SatchelCommand, example=example)(function)
        return made

    return decorate


def group(name: str, *, help: str, example: str) -> SatchelGroup:
    """A group of commands, to which each adds itself."""
    return SatchelGroup(name, help=help, example=example)
