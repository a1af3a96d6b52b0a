"""The history that others can check: keys and checkpoints, the published folder, the audit, proofs to hand on.

===============  ===============================================================================
module           decides
===============  ===============================================================================
``keys``         where a key is, who may read it, what it signed last
``signing``      what is signed: only what continues what was signed before
``witnesses``    who cosigns our checkpoints, and how they are asked
``witnessing``   the door at which others ask us to cosign theirs
``layout``       where things are in a published folder
``history``      the checkpoints published beside the newest, and the times that they give
``folder``       writing it, so that a crash at any point leaves what verifies
``source``       reading one, from a folder or an address
``derived``      entries from elsewhere, as the resolver and the views want them
``audit``        everything again, from the published bytes and a key alone
``proving``      a proof of entries and of a state in one file, and its check
``site``         the pages of a site, as bytes
``site_links``   where pages are, and how they link to one another
``site_folder``  writing a site beside the log, so that no page outlives a hold
``corrective``   what a site is given besides the ledger
===============  ===============================================================================
"""

from ledger.publish.audit import Audited, audit
from ledger.publish.folder import Publication, publish
from ledger.publish.keys import Key, default_folder, folder_of, known_verifiers, load_key, new_key, read_verifier
from ledger.publish.proving import Checked, prove
from ledger.publish.proving import check as check_proof
from ledger.publish.signing import Forked, Signed, check_remembered, rotate, sign
from ledger.publish.site import Look
from ledger.publish.site_folder import settings_of
from ledger.publish.source import Source, opened
from ledger.publish.witnesses import Witnessed, gather, read_policy

__all__ = [
    "Audited",
    "Checked",
    "Forked",
    "Key",
    "Look",
    "Publication",
    "Signed",
    "Source",
    "Witnessed",
    "audit",
    "check_proof",
    "check_remembered",
    "default_folder",
    "folder_of",
    "gather",
    "known_verifiers",
    "load_key",
    "new_key",
    "opened",
    "prove",
    "publish",
    "read_policy",
    "read_verifier",
    "rotate",
    "settings_of",
    "sign",
]
