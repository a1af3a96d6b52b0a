"""The history that others can check: keys and checkpoints, the published folder, the audit, proofs to hand on.

=============  ===============================================================================
module         decides
=============  ===============================================================================
``keys``       where a key is, who may read it, what it signed last
``signing``    what is signed: only what continues what was signed before
``layout``     where things are in a published folder
``folder``     writing it, so that a crash at any point leaves what verifies
``source``     reading one, from a folder or an address
``derived``    entries from elsewhere, as the resolver and the views want them
``audit``      everything again, from the published bytes and a key alone
``proving``    a proof of entries and of a state in one file, and its check
=============  ===============================================================================
"""

from ledger.publish.audit import Audited, audit
from ledger.publish.folder import Publication, publish
from ledger.publish.keys import Key, default_folder, folder_of, known_verifiers, load_key, new_key, read_verifier
from ledger.publish.proving import Checked, prove
from ledger.publish.proving import check as check_proof
from ledger.publish.signing import Forked, Signed, check_remembered, rotate, sign
from ledger.publish.source import Source, opened

__all__ = [
    "Audited",
    "Checked",
    "Forked",
    "Key",
    "Publication",
    "Signed",
    "Source",
    "audit",
    "check_proof",
    "check_remembered",
    "default_folder",
    "folder_of",
    "known_verifiers",
    "load_key",
    "new_key",
    "opened",
    "prove",
    "publish",
    "read_verifier",
    "rotate",
    "sign",
]
