"""The options that several commands take, and how a typed word becomes a value."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from ledger.errors import Misused
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Reason, SourceKind, State, Word

if TYPE_CHECKING:
    from ledger.book import AsOf, Ledger
    from ledger.model import Document

F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """Adds options to a function and gives it back."""

    def __call__(self, function: F, /) -> F:
        """Add them."""


_HIDEABLE = (Part.QUOTE, Part.NOTE, Part.URL, Part.EVIDENCE)
_LONGEST_INDEX = 15


def one_of(words: type[Word] | Collection[Word], *names: str, metavar: str, help: str, **more: Any) -> Decorator:
    """An option that takes one word of the vocabulary (or several, with ``multiple``)."""
    by_text = {word.value: word for word in words}

    def convert(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(by_text[each] for each in value)
        return None if value is None else by_text[value]

    return click.option(*names, type=click.Choice(list(by_text)), metavar=metavar, callback=convert, help=help, **more)


KINDS = [kind for kind in SourceKind if kind is not SourceKind.DESK]


def kind_option(*names: str, help: str, **more: Any) -> Decorator:
    """An option that takes a kind of source."""
    return one_of(KINDS, *names, metavar="KIND", help=help, **more)


def named(ctx: click.Context, param: click.Parameter, value: str | tuple[str, ...] | None) -> Any:
    """Read what names a claim or a source: bare digits are an index, all else is words."""
    if isinstance(value, tuple):
        return tuple(_index_or_words(each, ctx, param) for each in value)
    return None if value is None else _index_or_words(value, ctx, param)


def _index_or_words(value: str, ctx: click.Context, param: click.Parameter) -> int | str:
    text = value.strip()
    if not (text.isascii() and text.isdigit()):
        return value
    if len(text) > _LONGEST_INDEX:
        raise click.BadParameter("digits are always an index, and no index is that large", ctx, param)
    return int(text)


def an_index(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """Read the index of an entry."""
    found = _index_or_words(value, ctx, param)
    if isinstance(found, int):
        return found
    raise click.BadParameter(f"{value!r} is no index (expected the digits of one, such as 14)", ctx, param)


def stacked(*decorators: Decorator) -> Decorator:
    """Apply several option decorators; the help lists them in this order."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def claim_argument(name: str = "claim", **more: Any) -> Decorator:
    """A claim, by its words or an index."""
    return click.argument(name, callback=named, **more)


def index_argument() -> Decorator:
    """An entry, by its index."""
    return click.argument("index", callback=an_index)


def note_option() -> Decorator:
    """A remark of the desk."""
    return click.option("--note", metavar="TEXT", help="A remark of the desk.")


def why_mistake() -> Decorator:
    """The desk's mistake."""
    return one_of(Mistake, "--why", metavar="MISTAKE", required=True, help="What our mistake was; see below.")


def why_reason() -> Decorator:
    """The source's reason."""
    return one_of(Reason, "--why", metavar="REASON", help="Why the source did so; see below.")


def content_options() -> Decorator:
    """What goes beside a statement: quotation, remark, address, and who may see them."""
    return stacked(
        click.option("--url", metavar="ADDRESS", help="Where it was published."),
        evidence_option(),
        archived_option(),
        click.option("--quote", metavar="TEXT", help="The words of the source, verbatim."),
        note_option(),
        one_of(
            _HIDEABLE,
            "--internal",
            metavar="PART",
            multiple=True,
            help="Keep quote, note, url or evidence inside the desk. Repeats.",
        ),
        click.option("--key", metavar="HEX", help="32 hex digits; a second act with the same key is not recorded."),
    )


def evidence_option() -> Decorator:
    """A document, to be read with :func:`kept_evidence`."""
    what = "A document that shows it: a file, which is kept beside the ledger, or an address, which is not fetched."
    return click.option("--evidence", metavar="FILE-or-URL", help=what)


def archived_option() -> Decorator:
    """Where the document can still be found when its own address is gone."""
    return click.option("--archived", metavar="ADDRESS", help="An archived copy of that document.")


def kept_evidence(ledger: Ledger, evidence: str | None, archived: str | None) -> Document | None:
    """Keep what ``--evidence`` names, so that an entry can name it. Raises :class:`Misused`."""
    if evidence is not None:
        return ledger.keep_evidence(evidence, archived)
    if archived is not None:
        raise Misused("--archived: of which document is not said", next="add --evidence FILE-or-URL")
    return None


def said_option() -> Decorator:
    """When the speaker said it."""
    return click.option(
        "--said",
        metavar="TIME",
        help="When the speaker said it: 22:57, 2017-04-20 22:57, now, unknown. Now, unless there is a --via.",
    )


def said_moment(ledger: Ledger, said: str | None, *, relayed: bool) -> Moment | None:
    """Read ``--said``. Raises :class:`Misused` if it is missing where the word was relayed."""
    if said is None:
        if relayed:
            raise Misused(
                "--said: is missing: with --via, now is seldom when the speaker said it",
                next="add --said 22:57 (when the speaker said it), --said now or --said unknown",
            )
        said = "now"
    word = said.strip().lower()
    if word == "unknown":
        return None
    return Moment(datetime.now(UTC)) if word == "now" else ledger.read_time(said)


def as_of_options() -> Decorator:
    """The two clocks."""
    return stacked(
        click.option("--as-said", metavar="TIME", help="By what had been said at that time."),
        click.option(
            "--as-known",
            metavar="TIME-or-INDEX",
            help="By what we had recorded at that time, or up to that entry.",
        ),
    )


def read_as_of(ledger: Ledger, as_said: str | None, as_known: str | None) -> AsOf:
    """Read the two clocks; ``now`` is the same as not to ask."""
    said, known = (None if text is None or text.strip().lower() == "now" else text for text in (as_said, as_known))
    return ledger.as_of(known=known, said=said)


def story_option(help: str) -> Decorator:
    """The story; the commands fill in CLAIMS_STORY themselves, where it is wanted."""
    return click.option("--story", metavar="STORY", help=help)


def default_story(story: str | None) -> str | None:
    """The story that was given, else CLAIMS_STORY."""
    return story or os.environ.get("CLAIMS_STORY") or None


def state_option() -> Decorator:
    """Some states only."""
    return one_of(
        State, "--state", "states", metavar="STATE", multiple=True, help="Only claims in this state. Repeats."
    )
