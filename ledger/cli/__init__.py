"""The command line, `claims`: it parses, calls the façade and shows. No rule of the ledger lives here."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    from ledger.cli.root import run

    sys.exit(run(sys.argv[1:] if argv is None else argv))
