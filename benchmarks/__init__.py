"""What the ledger takes beside what others take for the same work: ratios on one machine, never times.

``python -m benchmarks`` measures; each module of ``measurements`` that :mod:`benchmarks.__main__` lists is one
measurement, :mod:`benchmarks.frame` runs it, and :mod:`benchmarks.report` writes it down.
"""
