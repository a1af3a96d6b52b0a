"""What every command shares: the three options that work before and after it, its help, and opening the ledger."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ledger.book import Ledger
    from ledger.vocabulary import Word

DEFAULT_LEDGER = "claims.db"


@dataclass
class Settings:
    """The ledger to use, who records, and whether a script reads the answer. The last one given holds."""

    ledger: str | None = None
    log: str | None = None
    recorder: str | None = None
    json: bool = False

    @property
    def where(self) -> str:
        """The path of the ledger: as given, else CLAIMS_LEDGER, else claims.db in the current folder."""
        return self.ledger or os.environ.get("CLAIMS_LEDGER") or DEFAULT_LEDGER

    @property
    def origin(self) -> str | None:
        """The origin of the log: as given, else CLAIMS_LOG; None where there is one alone."""
        return self.log or os.environ.get("CLAIMS_LOG") or None

    @property
    def files(self) -> Path | None:
        """The folder of the evidence files of a ledger on a server: CLAIMS_FILES."""
        named = os.environ.get("CLAIMS_FILES")
        return Path(named) if named else None

    @property
    def who(self) -> str:
        """The recorder: as given, else CLAIMS_RECORDER, else the user of the operating system."""
        return self.recorder or os.environ.get("CLAIMS_RECORDER") or _os_user()


def _os_user() -> str:
    import getpass

    from ledger.errors import Misused

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise Misused(
            "recorder: the system has no name for you", next="give --recorder NAME, or set CLAIMS_RECORDER"
        ) from None


@contextmanager
def reading(settings: Settings) -> Iterator[Ledger]:
    """Open the ledger to look at it. One of an older schema is upgraded first, where it can be written to."""
    from ledger.book import Ledger
    from ledger.errors import Outdated

    try:
        found = Ledger.open(settings.where, log=settings.origin, read_only=True, files=settings.files)
    except Outdated:
        Ledger.open(settings.where, log=settings.origin).close()
        found = Ledger.open(settings.where, log=settings.origin, read_only=True, files=settings.files)
    with found as ledger:
        yield ledger


@contextmanager
def recording(settings: Settings) -> Iterator[Ledger]:
    """Open the ledger to write to it, in the recorder's name."""
    from ledger.book import Ledger

    with Ledger.open(settings.where, log=settings.origin, recorder=settings.who, files=settings.files) as ledger:
        yield ledger


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Hand the settings to a command, before its own arguments."""
    return click.pass_obj(function)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is None or value is False:
        return
    if value == "":
        raise click.BadParameter("is empty", ctx, param)
    settings = ctx.ensure_object(Settings)
    setattr(settings, str(param.name), value)


def _everywhere() -> list[click.Parameter]:
    return [
        click.Option(
            ["--ledger"],
            metavar="PATH-or-URL",
            expose_value=False,
            callback=_keep,
            help="The ledger; else CLAIMS_LEDGER, else ./claims.db.",
        ),
        click.Option(
            ["--log"],
            metavar="ORIGIN",
            expose_value=False,
            callback=_keep,
            help="Which log of a server's; else CLAIMS_LOG, else the only one.",
        ),
        click.Option(
            ["--recorder"],
            metavar="NAME",
            expose_value=False,
            callback=_keep,
            help="Who takes this down; else CLAIMS_RECORDER, else your user name.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_keep,
            help="Answer in one JSON document, and never ask.",
        ),
    ]


_COMPLETED = {
    "STORY": "story",
    "SOURCE": "source",
    "[BODY]": "source",
    "[SOURCE]": "source",
    "CLAIM": "claim",
    "CLAIM|INDEX": "claim",
    "FILE": "file",
    "MAP": "file",
    "PATH-or-URL": "file",
    "DIR": "dir",
    "DIR-or-URL": "dir",
}
"""What a shell completes an option or argument with, by the word that stands for its value in the help."""


def _complete(param: click.Parameter) -> None:
    named = param.metavar or (param.name or "").upper()
    kind = _COMPLETED.get(named) if isinstance(param, click.Argument) or param.metavar else None
    if kind is None:
        return

    def complete(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from ledger.cli.completing import offered

        return offered(kind, ctx, incomplete)

    param.shell_complete = complete  # type: ignore[method-assign]


class Act(click.Command):
    """A command whose help also defines the words that its options take."""

    def __init__(self, *args: Any, words: Sequence[type[Word]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words
        self.own = list(self.params)
        self.params += _everywhere()
        for param in self.params:
            _complete(param)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of this command, then those of every command, then the words."""
        _write_options(self, self.own, ctx, formatter)
        for word in self.words:
            kinds = [(each.value, each.definition) for each in word if each.value != "desk"]
            with formatter.section(_NAMED[word.__name__]):
                formatter.write_dl(kinds)


class Acts(click.Group):
    """A group that lists its commands as they were added, before its options."""

    command_class = Act

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = list(self.params)
        self.params += _everywhere()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """Name the commands in the order in which they were added."""
        return list(self.commands)

    def sections(self) -> dict[str, list[tuple[str, str]]]:
        """Give the lines of help, name and sentence, under their headings."""
        return {"Commands": [(name, each.get_short_help_str(100)) for name, each in self.commands.items()]}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, then the options."""
        for heading, lines in self.sections().items():
            with formatter.section(heading):
                formatter.write_dl(lines)
        _write_options(self, self.own, ctx, formatter)


_NAMED = {
    "SourceKind": "Kinds of source",
    "Reason": "Reasons (--why)",
    "Mistake": "Mistakes (--why)",
    "State": "States",
    "Status": "Statuses",
    "Concern": "Reasons",
    "Part": "Parts",
    "Debt": "What is owed",
    "Role": "Roles",
}


def _write_options(
    command: click.Command, own: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    mine = [record for param in own if isinstance(param, click.Option) and (record := param.get_help_record(ctx))]
    if mine:
        with formatter.section("Options"):
            formatter.write_dl(mine)
    rest = [param for param in command.get_params(ctx) if param not in own and isinstance(param, click.Option)]
    with formatter.section("Options of every command, before or after it"):
        formatter.write_dl([record for param in rest if (record := param.get_help_record(ctx))])
