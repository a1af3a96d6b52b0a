"""Append and read in one transaction; where databases differ, they differ only here.

:class:`Store` is one log, in a file or on a server. It gives a :class:`Reader` (a snapshot of a prefix) or the
one :class:`Writer`; :func:`check` derives everything from the leaf bytes again and compares.
"""

from ledger.store.audit import check
from ledger.store.erasing import PENDING
from ledger.store.making import made_beside, occupied
from ledger.store.place import Place, locate
from ledger.store.reader import Reader
from ledger.store.search import Found
from ledger.store.store import Store
from ledger.store.trial import Slips, trial
from ledger.store.writer import Writer, log_id_of

__all__ = [
    "PENDING",
    "Found",
    "Place",
    "Reader",
    "Slips",
    "Store",
    "Writer",
    "check",
    "locate",
    "log_id_of",
    "made_beside",
    "occupied",
    "trial",
]
