"""Filling templates: one environment that escapes everything, knows the desk's zone, and refuses a name it lacks."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from ledger.pages.addresses import linked
from ledger.pages.marks import MARKS, told_bucket
from ledger.times import Moment, format_utc, show_time
from ledger.vocabulary import Precision

if TYPE_CHECKING:
    from jinja2 import Environment


class Links(Protocol):
    """Where pages are, as written into an ``href``; None where there is no such page."""

    style: str
    home: str

    def story(self, index: int) -> str | None:
        """The page of a story, by the index of its entry."""

    def claim(self, index: int) -> str | None:
        """The page of a claim, by the index of its entry."""


def engine(zone: ZoneInfo) -> Environment:
    """Return what fills the templates of this package, with times in ``zone``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from ledger.pages.direction import isolated

    made = Environment(
        loader=PackageLoader("ledger.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    def in_full(moment: datetime, precision: Precision | None = None) -> str:
        usual = Precision.SECOND if moment.second else Precision.MINUTE
        return show_time(moment.replace(microsecond=0), zone, precision or usual)

    made.filters |= {"in_full": in_full, "machine": machine, "linked": linked, "told_bucket": told_bucket}
    made.filters["isolated"] = isolated
    made.globals |= {"MARKS": MARKS}
    return made


def machine(moment: datetime | Moment) -> str:
    """Write a time as HTML's ``datetime`` takes it: in UTC and whole seconds; a day alone where no more is known."""
    if isinstance(moment, Moment):
        if moment.precision is Precision.DAY:
            return moment.at.date().isoformat()
        moment = moment.at
    return format_utc(moment)[:19] + "Z"


def stylesheet() -> bytes:
    """Return the style sheet that every page names."""
    return files("ledger.pages").joinpath("static", "style.css").read_bytes()
