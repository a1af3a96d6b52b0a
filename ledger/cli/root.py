"""The command `claims`: the list of its commands, and the one place where a run ends.

A command is imported when it is called. `claims --help` imports none of them, so each has its line of help here; a test
compares it with the command's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ledger import __version__
from ledger.cli.frame import Acts, Settings

SECTIONS = {
    "Record what was said": {
        "report": ("recording", "Record that a source says so; a claim of new words is opened."),
        "deny": ("recording", "Record that a source says it is not so."),
        "confirm": ("recording", "Record that a source, asked, says it is so."),
        "decline": ("recording", "Record that a source declines to confirm it."),
        "correct": ("recording", "Record that a source says it was never so, and what is."),
        "supersede": ("recording", "Record that a source says it was so, and what is so now."),
        "withdraw": ("recording", "Record that a source no longer stands by what it said."),
        "evidence": ("evidence", "Keep documents that show what entries say, and list them."),
    },
    "See where it stands": {
        "board": ("board", "Show the accepted state of every claim, and why."),
        "why": ("why", "Show all that the state of one claim rests on."),
        "history": ("why", "Show each change of state, with the entry that caused it."),
        "diff": ("board", "Show which states differ between two moments."),
        "stories": ("board", "Show the stories, and how many claims each has."),
        "log": ("board", "Show the entries, in the order in which they were recorded."),
        "todo": ("shift", "Show what a shift must look at, the most urgent first."),
        "since": ("shift", "Show what changed while I was away."),
        "search": ("search", "Find words in claims, sources, quotes and notes, the internal ones too."),
    },
    "Answer for what we published": {
        "publication": ("publications", "Record what went out to the public, and list it."),
        "debt": ("publications", "Show which published pieces are wrong now, the most urgent first."),
        "notice": ("publications", "Draft the corrective to what went out, in plain words."),
        "settle": ("publications", "Record that a corrective to a publication went out."),
        "impact": ("publications", "Show what would follow if a source took all back, or an entry fell."),
    },
    "Mend our own mistakes": {
        "retract": ("desk", "Take back an entry as our own mistake."),
        "move": ("desk", "Move a statement that we recorded on the wrong claim."),
    },
    "Decide at the desk": {
        "hold": ("desk", "Keep a claim out of publications."),
        "release": ("desk", "Let a held claim into publications again."),
        "same": ("desk", "Say that two claims are one."),
        "wording": ("desk", "Give a claim a new text, or a translation."),
        "redact": ("desk", "Remove a text, a name or a document for good, under an order."),
        "erase": ("desk", "Wipe what redactions have removed from the file, where that is pending."),
        "source": ("sources", "Add, list, vet and group sources."),
        "authority": ("sources", "Say who has authority over a story or a claim."),
        "policy": ("sources", "Show the rules in force, or set the quorum."),
    },
    "Show that nobody rewrote it": {
        "key": ("signing", "Make, show and replace the key that signs the ledger."),
        "checkpoint": ("signing", "Sign the ledger as it is now, and keep the checkpoint."),
        "publish": ("signing", "Sign the ledger, and bring a folder of public files up to it."),
        "witness": ("witnessing", "Have others remember what was signed, or remember it for them."),
        "audit": ("auditing", "Check a published ledger by its key alone, and show what it comes to."),
        "prove": ("auditing", "Write a proof that an entry is in the log; of a claim, its state too."),
        "check": ("auditing", "Check a proof offline by the key, or a published CSV by the ledger."),
        "verify": ("keeping", "Derive everything again from the entries, and compare."),
    },
    "Work at one desk": {
        "serve": ("serving", "Serve the desk to browsers."),
        "user": ("people", "Say who may sign in at the web desk, and what they may do there."),
    },
    "Make, hand on": {
        "init": ("keeping", "Make a new ledger."),
        "migrate": ("keeping", "Bring the schema on a server to this version."),
        "demo": ("demo", "Load the seed story into ./claims.db and show what it answers."),
        "import": ("importing", "Record the rows of a CSV or JSON Lines file, all of them or none."),
        "score": ("score", "Show how the resolver fares on a sheet of known outcomes."),
        "export": ("keeping", "Write what may be published."),
        "backup": ("backup", "Write every byte of the ledger into a folder of plain files."),
        "restore": ("backup", "Make a ledger from a backup, checking every byte of it."),
        "completion": ("completion", "Print what makes a shell complete commands, stories, sources and claims."),
    },
}
COMMANDS = {name: found for section in SECTIONS.values() for name, found in section.items()}


class Claims(Acts):
    """The outermost group; it knows its commands by name and imports one when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """Name the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click gives it
        """Import a command; None if there is none of that name."""
        from importlib import import_module
        from keyword import iskeyword

        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"ledger.cli.{COMMANDS[cmd_name][0]}")
        found = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        assert isinstance(found, click.Command)
        return found

    def sections(self) -> dict[str, list[tuple[str, str]]]:
        """Give the lines of help under their headings."""
        return {
            heading: [(name, short) for name, (_, short) in section.items()] for heading, section in SECTIONS.items()
        }


@click.group(cls=Claims)
@click.version_option(__version__, message="claims %(version)s")
def claims() -> None:
    """Keep a ledger of who claimed what, and see what stands now and why.

    Nothing is deleted: what turns out wrong is denied, corrected or
    retracted, and any past moment can be asked for.

    \b
    claims init
    claims report "A second police officer was killed" --by Reuters \\
        --by-kind agency --said 22:30 --story champs-elysees-2017-04-20
    claims board
    claims why "second officer"

    Digits are always an index. A text that starts with - goes after --.
    """


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 no, 2 wrong usage, 3 could not find out, 130 interrupted."""
    _soften(sys.stdout)
    _soften(sys.stderr)
    if "_CLAIMS_COMPLETE" in os.environ:
        import ledger.cli.completing  # noqa: F401 - it teaches click how bash wants its words

        claims.main(list(argv), prog_name="claims")
    settings = Settings()
    try:
        code = _invoke(list(argv), settings)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - whatever went wrong, a person is told in words
        from ledger.cli.failures import tell_failure

        return tell_failure(error, as_json=settings.json or _asks_for_json(argv))
    return code


def _invoke(argv: list[str], settings: Settings) -> int:
    try:
        with claims.make_context("claims", argv, obj=settings) as ctx:
            claims.invoke(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    return 0


def _asks_for_json(argv: Sequence[str]) -> bool:
    """Whether a call that could not be read to its end meant to be answered in JSON."""
    options = list(argv)
    return "--json" in (options[: options.index("--")] if "--" in options else options)


def _soften(stream: object) -> None:
    """A letter that the terminal cannot show is replaced, and stops nothing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
