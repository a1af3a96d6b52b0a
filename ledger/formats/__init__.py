"""Outside formats, one file each, with ``read`` and/or ``write``: text in, values out, and back. Nothing here does I/O.

========================  ==========================================================
module                    decides
========================  ==========================================================
``atom``                  a feed, and ids that stay
``csv``                   the dialect: quoting, delimiter, byte-order mark, no formulas
``claims``                ``claims.csv``, one row a claim
``rows``                  ``entries.csv`` and the import format, one row an entry
``datapackage``           what machines need to know of both files
``cells``                 what one cell of a row may hold
``entries``               an entry of the ledger as a row
========================  ==========================================================
"""
