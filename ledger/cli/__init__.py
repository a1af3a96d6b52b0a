"""The command line, `claims`: it parses, calls the façade and shows. No rule of the ledger lives here."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    try:
        from ledger.cli.root import run

        code = run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        # Ctrl-C while the commands were being loaded, or a second one while the first was being told.
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
