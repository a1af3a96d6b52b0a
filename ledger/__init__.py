"""An append-only ledger of who claimed what, and the accepted state that follows.

Nothing is imported here, so that the command line starts fast. Start from `ledger.book`.
"""

__version__ = "0.1.0"
