"""Who works at the web desk: accounts, their roles, tokens for programs, and what was done to them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli.frame import Acts, Settings, reading, recording, with_settings
from ledger.cli.options import Decorator, one_of
from ledger.cli.questions import can_ask
from ledger.cli.screen import plain, put, put_json, say, table
from ledger.errors import Misused, Unavailable
from ledger.vocabulary import Role

if TYPE_CHECKING:
    from ledger.book import Ledger, Person

_LONGEST_FILE = 4_096


@click.group(cls=Acts)
def user() -> None:
    """Say who may sign in at the web desk, and what they may do there.

    Accounts are kept beside the ledger and are no part of it: no entry
    changes with them, and a backup has none of them. Who has the ledger's
    file itself is not held to roles.
    """


def _roles() -> Decorator:
    return one_of(Role, "--role", "roles", metavar="ROLE", multiple=True, required=True, help="A role; see below.")


def _password_file() -> Decorator:
    return click.option(
        "--password-file", metavar="FILE", help="Read the password from the first line of a file; - is stdin."
    )


@user.command("add", words=(Role,))
@click.argument("name")
@_roles()
@_password_file()
@with_settings
def add(settings: Settings, name: str, roles: Sequence[Role], password_file: str | None) -> None:
    """Give somebody an account.

    The name is the recorder of what they record. The password is asked for
    twice on a terminal; it is never an argument, which others could see.

    \b
    claims user add Ana --role fact-checker
    claims user add Lena --role editor --role publisher
    """
    password = _password(settings, password_file)
    with recording(settings) as ledger:
        person = ledger.people.add_person(name, password, roles)
    _show(settings, person, "added")


@user.command("list")
@with_settings
def list_people(settings: Settings) -> None:
    """Show everybody who has an account.

    \b
    claims user list
    """
    with reading(settings) as ledger:
        people = ledger.people.everybody()
        rows = [(each.name, _listed(each), _standing(each), _told(ledger, each.made)) for each in people]
    if settings.json:
        put_json([each.as_json() for each in people])
        return
    if not people:
        say("nobody has an account yet")
        say("next: claims user add NAME --role ROLE")
    for line in table(("name", "roles", "account", "since"), rows) if rows else ():
        put(line)


@user.command("roles", words=(Role,))
@click.argument("name")
@_roles()
@with_settings
def set_roles(settings: Settings, name: str, roles: Sequence[Role]) -> None:
    """Give somebody these roles, and no others.

    \b
    claims user roles Ana --role fact-checker --role editor
    """
    with recording(settings) as ledger:
        person = ledger.people.set_roles(name, roles)
    _show(settings, person, "changed")


@user.command("password")
@click.argument("name")
@_password_file()
@with_settings
def set_password(settings: Settings, name: str, password_file: str | None) -> None:
    """Give somebody another password, and end their sessions.

    \b
    claims user password Ana
    """
    password = _password(settings, password_file)
    with recording(settings) as ledger:
        person = ledger.people.set_password(name, password)
    _show(settings, person, "changed")


@user.command("disable")
@click.argument("name")
@with_settings
def disable(settings: Settings, name: str) -> None:
    """Close an account, with every session and token of it.

    What the person recorded stays as it is, in their name.

    \b
    claims user disable Ana
    """
    with recording(settings) as ledger:
        person = ledger.people.disable(name)
    _show(settings, person, "closed")


@user.command("enable")
@click.argument("name")
@with_settings
def enable(settings: Settings, name: str) -> None:
    """Open an account that was closed.

    \b
    claims user enable Ana
    """
    with recording(settings) as ledger:
        person = ledger.people.enable(name)
    _show(settings, person, "opened")


@user.command("token", words=(Role,))
@click.argument("name")
@click.option("--label", metavar="TEXT", required=True, help="What the token is for.")
@one_of(Role, "--scope", "scopes", metavar="ROLE", multiple=True, help="A role that it has of the person's; see below.")
@click.option("--days", type=int, default=90, show_default=True, help="How long it lasts.")
@with_settings
def token(settings: Settings, name: str, label: str, scopes: Sequence[Role], days: int) -> None:
    """Make a token with which a program acts as somebody.

    Without --scope it only reads. It is printed this once.

    \b
    claims user token Ana --label "wire import" --scope fact-checker --days 30
    """
    with recording(settings) as ledger:
        made = ledger.people.make_token(name, label, scopes, days)
        until = _told(ledger, made.token.expires)
    if settings.json:
        put_json(made.as_json())
        return
    put(made.secret)
    may = ", ".join(role for role in Role if role in made.token.scopes) or "reads alone"
    say(f"token {made.token.id} of {plain(made.token.person)}: {may}, until {until}")
    say("it is not shown again; `claims user revoke` takes it back")


@user.command("tokens")
@click.argument("name")
@with_settings
def tokens(settings: Settings, name: str) -> None:
    """Show the tokens that somebody has, by their ids.

    \b
    claims user tokens Ana
    """
    with reading(settings) as ledger:
        found = ledger.people.tokens(name)
        rows = [
            (each.id, each.label, ", ".join(sorted(each.scopes)) or "reads", _told(ledger, each.expires))
            for each in found
        ]
    if settings.json:
        put_json([each.as_json() for each in found])
        return
    for line in table(("id", "for", "may", "until"), rows) if rows else ("no tokens",):
        put(line)


@user.command("revoke")
@click.argument("name")
@click.argument("id", metavar="ID")
@with_settings
def revoke(settings: Settings, name: str, id: str) -> None:
    """Take a token back, by the id that it is listed with.

    \b
    claims user revoke Ana 3f9c2b71d0aa
    """
    with recording(settings) as ledger:
        ledger.people.revoke_token(name, id)
    if settings.json:
        put_json({"revoked": id})
    else:
        put(f"revoked: token {plain(id)} of {plain(name)}")


@user.command("accesses")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
@with_settings
def accesses(settings: Settings, limit: int) -> None:
    """Show who signed in, who was refused, and what was done to accounts.

    Nothing in this list can be changed or deleted.

    \b
    claims user accesses --limit 20
    """
    with reading(settings) as ledger:
        found = ledger.people.accesses(limit=limit)
        rows = [
            (each.number, _told(ledger, each.at), each.kind, each.person, each.actor or "", each.detail)
            for each in found
        ]
    if settings.json:
        put_json([each.as_json() for each in found])
        return
    for line in table(("number", "when", "what", "who", "by", ""), rows) if rows else ("nothing yet",):
        put(line)


def _show(settings: Settings, person: Person, done: str) -> None:
    if settings.json:
        put_json(person.as_json())
    else:
        put(f"{done}: {plain(person.name)}, {_listed(person)}, {_standing(person)}")


def _told(ledger: Ledger, moment: datetime) -> str:
    return ledger.show_time(moment.replace(microsecond=0))


def _listed(person: Person) -> str:
    return ", ".join(role for role in Role if role in person.roles)


def _standing(person: Person) -> str:
    return "closed" if person.disabled else "open"


def _password(settings: Settings, file: str | None) -> str:
    """Read a password from a file, or ask for it twice on a terminal."""
    if file is not None:
        return _first_line(file)
    if not can_ask(settings):
        raise Misused("password: there is nobody to ask", next="give --password-file FILE, or - for stdin")
    from getpass import getpass

    given = getpass("password: ", stream=sys.stderr)
    if given != getpass("again: ", stream=sys.stderr):
        raise Misused("password: the two differ", next="type the same one twice")
    return given


def _first_line(file: str) -> str:
    try:
        if file == "-":
            text = sys.stdin.readline(_LONGEST_FILE)
        else:
            with Path(file).open(encoding="utf-8") as opened:
                text = opened.readline(_LONGEST_FILE)
    except UnicodeDecodeError:
        raise Misused(f"password: {file}: is no text in UTF-8", next="save the file as UTF-8") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"password: {file}: {why}", next="check the path of the file") from error
    return text.rstrip("\r\n")
