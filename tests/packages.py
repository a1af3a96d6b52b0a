"""The `frictionless` of others, which checks data packages.

What reads CSV in it raises the limit of the standard library's reader for the whole process, as it is imported. That is
put back, so that our own reader meets here what it meets in use.
"""

from __future__ import annotations

import csv
from importlib import import_module

from frictionless import validate

_LIMIT = csv.field_size_limit()
import_module("frictionless.formats.csv.parser")
csv.field_size_limit(_LIMIT)

__all__ = ["validate"]
