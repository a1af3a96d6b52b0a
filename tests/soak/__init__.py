"""Faults, and what has to hold after each: killed writers and servers, full disks, cut connections, false clocks.

`make soak` is the long version, `tests/faults` the short one; both run the same rounds.

| module | does |
| --- | --- |
| `writing` | the processes that write, and acknowledge each act only after the façade has returned |
| `crew` | starts, stops and kills them |
| `examining` | holds a ledger against what was acknowledged |
| `places` | where ledgers are made: in SQLite files, in a PostgreSQL server of our own |
| `cutting` | a proxy that cuts connections around a COMMIT |
| `disks` | small disks, which fill up |
| `rounds` | one round of each fault |
| `running` | runs rounds, counts and prints |
"""
