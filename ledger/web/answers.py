"""The views of the façade as declared answers: the same words as the command line's ``--json``, and their ETag.

A model is made from the fields of a view, so that a view that gets a field has it declared. What is sent is the view's
own ``as_json``; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, create_model

from ledger.book import Ledger
from ledger.errors import Problem
from ledger.times import Moment
from ledger.vocabulary import Precision, Standing
from ledger.web.problems import Answer, ProblemDetails, ProblemModel

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A moment in UTC, as a leaf writes it."""


class MomentModel(BaseModel):
    """A moment, and how exactly it is known."""

    at: Time
    precision: Precision


_MODELS: dict[type, type[BaseModel]] = {}


def model_of(view: type) -> type[BaseModel]:
    """Return the model of what a view answers, the same one each time."""
    if view not in _MODELS:
        _MODELS[view] = _model(view)
    return _MODELS[view]


def _model(view: type) -> type[BaseModel]:
    hints = get_type_hints(view)
    declared: dict[str, Any] = {each.name.rstrip("_"): (_declared(hints[each.name]), ...) for each in fields(view)}
    return create_model(f"{view.__name__}Model", __doc__=view.__doc__, **declared)


_PLAIN: dict[object, Any] = {
    datetime: Time,
    Moment: MomentModel,
    Problem: ProblemModel,
    Standing: Literal["unvetted", "vetted", "authority", "desk"],
}


def _declared(hint: Any) -> Any:
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, given = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(_declared(each) for each in given)]  # noqa: UP007 - of a tuple
    if origin is tuple and len(given) == 2 and given[1] is Ellipsis:
        return list[_declared(given[0])]  # type: ignore[misc]
    if origin is tuple:
        return list[_declared(given[0])]  # type: ignore[misc]
    if origin is frozenset:
        return list[_declared(given[0])]  # type: ignore[misc]
    if isinstance(hint, type) and hasattr(hint, "as_json") and not issubclass(hint, Enum):
        return model_of(hint)
    return hint


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails, "description": why, "content": {"application/problem+json": {}}}
    for status, why in (
        (401, "Nobody is signed in, or the token is over."),
        (403, "It takes another role, or the request comes from another site's page."),
        (404, "There is no such thing, or not at that moment."),
        (409, "A rule of the ledger says no, a wording fits no one thing, or the key stands for another request."),
        (413, "More was sent than is taken."),
        (422, "The request cannot be read, or lacks something."),
        (503, "The ledger cannot be reached, or is busy: the same again may succeed."),
    )
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the refusals that a route declares."""
    return {status: REFUSALS[status] for status in statuses}


READING = refusals(401, 403, 404, 409, 422, 503)
RECORDING = refusals(401, 403, 404, 409, 413, 422, 503)


def shown(value: Any, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    """Answer with a view, or with many."""
    if isinstance(value, list | tuple):
        return Answer([each.as_json() for each in value], status, headers)
    return Answer(value if isinstance(value, dict) else value.as_json(), status, headers)


class Unchanged(Exception):
    """The answer is what the browser has already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def tag_of(request: Request, desk: Ledger) -> dict[str, str]:
    """Return the headers of an answer that follows from the entries alone; raise where it is known already.

    The ledger only grows, so its size names what it holds; the origin tells it from another at the same address.
    """
    tag = f'"{request.app.version}-{request.app.state.mark}-{desk.size}"'
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        raise Unchanged(tag)
    return {"ETag": tag, "Cache-Control": "private, no-cache"}
