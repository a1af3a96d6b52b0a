"""What a person sees in a browser: templates, one style sheet, the drawing of states over time. Nothing is served here.

The static site and the web desk share it. A page is plain HTML that needs no script and asks nobody else for anything;
it carries no inline style, so that `default-src 'self'` may stand over it. All that comes from a ledger is escaped.

==============  ===============================================================================
module          decides
==============  ===============================================================================
``engine``      how a template is found and filled, and what it may call
``marks``       how a state looks without its colour, and in which words a bucket is told
``addresses``   which address of a document may become a link
``direction``   a sentence with words of other scripts in it
``timeline``    states over time as lanes, before they are drawn
==============  ===============================================================================

A page extends ``base.html`` and draws with the macros of ``parts.html``: ``badge``, ``time``, ``moment``, ``claim``,
``claim_link``, ``word``, ``names``, ``counts``, ``outward`` and ``document`` for pieces, ``board``, ``history``,
``said`` and ``timeline`` for what is laid out. It is given ``links``, which knows where pages are
(:class:`~ledger.pages.engine.Links`).
"""

from ledger.pages.engine import Links, engine, stylesheet
from ledger.pages.timeline import Drawing, Lane, Span, Tick, draw

__all__ = ["Drawing", "Lane", "Links", "Span", "Tick", "draw", "engine", "stylesheet"]
