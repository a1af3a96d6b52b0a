"""Words for a shell that completes: stories by slug, sources by name, claims by index or by their words."""

from __future__ import annotations

import os
import re

from click import Context
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from ledger.cli.frame import Settings
from ledger.cli.screen import plain
from ledger.glance import names

_SHOWN = 50


def offered(kind: str, ctx: Context, incomplete: str) -> list[CompletionItem[str]]:
    """What the ledger that is named has for a word of this kind; nothing where there is no ledger."""
    if kind in ("file", "dir"):
        return [CompletionItem(incomplete, type=kind)]
    settings = ctx.find_object(Settings) or Settings()
    found = [(index, plain(name)) for index, name in names(settings.where, kind, settings.origin)]
    digits = incomplete.isascii() and incomplete.isdigit()
    if digits or (kind == "claim" and not incomplete):
        items = [CompletionItem(str(index), help=name) for index, name in found if str(index).startswith(incomplete)]
        return items[:_SHOWN]
    wanted = incomplete.casefold()
    fitting = {name: index for index, name in reversed(found) if name.casefold().startswith(wanted)}
    return [CompletionItem(name, help=f"{kind} {fitting[name]}") for name in sorted(fitting)]


class Bash(BashComplete):
    """Bash takes a word as it would be typed, so what it would obey is escaped; click's script reads it once more."""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Write one item for click's script."""
        if item.type != "plain":
            return super().format_completion(item)
        words = os.environ.get("COMP_WORDS", "").split("\n")
        at = int(os.environ.get("COMP_CWORD") or 0)
        typed = words[at] if at < len(words) else ""
        return f"plain,{_as_typed(item.value, typed[:1])}"


def _as_typed(value: str, quote: str) -> str:
    if quote == "'":
        shown = value
    elif quote == '"':
        shown = re.sub(r'(["$`\\])', r"\\\1", value)
    else:
        shown = re.sub(r"([^\w@%+=:,./-])", r"\\\1", value)
    return shown.replace("\\", "\\\\")


add_completion_class(Bash)
