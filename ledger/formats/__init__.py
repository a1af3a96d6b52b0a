"""Outside formats, one file each, with ``read`` and/or ``write``: text in, values out, and back. Nothing here does I/O.

========================  ==========================================================
module                    decides
========================  ==========================================================
``csv``                   the dialect: quoting, delimiter, byte-order mark, no formulas
``claims``                ``claims.csv``, one row a claim
``rows``                  ``entries.csv`` and the import format, one row an entry
``cells``                 what one cell of a row may hold
``entries``               an entry of the ledger as a row
========================  ==========================================================
"""
