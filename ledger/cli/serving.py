"""The desk as pages and an interface, for the browsers of a newsroom."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli.frame import Act, Settings, with_settings
from ledger.cli.screen import plain, put, say
from ledger.errors import Misused, Unavailable

if TYPE_CHECKING:
    from ledger.book import Ledger, Person
    from ledger.vocabulary import Role

DEFAULT_PORT = 8017
_HERE = ("127.0.0.1", "::1", "localhost")


@click.command(cls=Act)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="The port; 0: any."
)
@click.option("--demo", is_flag=True, help="Serve the seed story in a ledger that is thrown away.")
@click.option("--tls-cert", metavar="FILE", help="The certificate, in PEM.")
@click.option("--tls-key", metavar="FILE", help="The key of the certificate, in PEM.")
@click.option(
    "--behind-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy before it, which does TLS; may be given again.",
)
@with_settings
def serve(
    settings: Settings,
    host: str,
    port: int,
    demo: bool,
    tls_cert: str | None,
    tls_key: str | None,
    proxies: Sequence[str],
) -> None:
    """Serve the desk to browsers.

    People sign in with accounts made by `claims user add`. Until there is
    one, everybody on this machine is the recorder, with every role. At
    another address than this machine's it needs accounts, and TLS or a proxy.

    \b
    claims serve
    claims serve --demo
    claims serve --host 0.0.0.0 --tls-cert desk.pem --tls-key desk.key
    claims serve --behind-proxy 127.0.0.1
    """
    _needs_the_web()
    from ledger.web.app import make_app
    from ledger.web.serving import Listening, opened, prepared
    from ledger.web.serving import serve as run
    from ledger.web.settings import LOOPBACK
    from ledger.web.settings import Settings as Served

    if (tls_cert is None) != (tls_key is None):
        raise Misused("serve: --tls-cert and --tls-key go together", next="give both, or neither")
    proxies = tuple(_proxy(each) for each in proxies)
    secure, here = bool(tls_cert or proxies), host in _HERE and not proxies
    at = Listening(host, port, _path(tls_cert), _path(tls_key), proxies)
    with ExitStack() as stack:
        ledger = stack.enter_context(_demonstration() if demo else _ledger(settings))
        cast = list(_cast(ledger)) if demo else []
        accounts = ledger.people.anybody()
        _refuse_what_is_not_safe(host, here=here, accounts=accounts, secure=secure, demo=demo)
        alone = None if accounts else _everybody(settings.who)
        made = stack.enter_context(opened(at))
        served = Served(secure=secure, hosts=LOOPBACK if here else None, alone=alone, demo=demo)
        config = prepared(make_app(ledger, served), at)
        where = f"[{host}]" if ":" in host else host
        put(f"http{'s' if tls_cert else ''}://{where}:{made.getsockname()[1]}")
        for name, password, role in cast:
            put(f"sign in as {name} with {password} ({role}: {role.definition[0].lower()}{role.definition[1:-1]})")
        if alone is not None:
            say(f"nobody has an account: whoever opens it on this machine is {plain(alone.name)}, with every role")
            say("next: claims user add NAME --role ROLE")
        run(config, made)


def _needs_the_web() -> None:
    try:
        import fastapi  # noqa: F401 - to see whether it is there
        import uvicorn  # noqa: F401
    except ImportError:
        raise Unavailable(
            "serve: needs libraries that are not installed", next="pip install 'retraction-ledger[web]'"
        ) from None


def _refuse_what_is_not_safe(host: str, *, here: bool, accounts: bool, secure: bool, demo: bool) -> None:
    if here:
        return
    if demo:
        raise Misused(f"serve: {host}: a demonstration stays on this machine", next="leave --host out")
    if not accounts:
        why = "others could reach it, and nobody has an account"
        raise Misused(f"serve: {host}: {why}", next="claims user add NAME --role ROLE")
    if not secure:
        why = "others could reach it, and read passwords on the way"
        step = "give --tls-cert and --tls-key, or --behind-proxy ADDRESS where a proxy does TLS"
        raise Misused(f"serve: {host}: {why}", next=step)


@contextmanager
def _ledger(settings: Settings) -> Iterator[Ledger]:
    from ledger.book import Ledger

    with Ledger.open(settings.where, log=settings.origin, recorder=settings.who, files=settings.files) as ledger:
        yield ledger


@contextmanager
def _demonstration() -> Iterator[Ledger]:
    from ledger.book import Ledger
    from ledger.cli.demo import ORIGIN, ZONE, seed_rows

    with tempfile.TemporaryDirectory(prefix="claims-demo-") as folder:
        where = Path(folder) / "claims.db"
        with Ledger.create(where, origin=ORIGIN, zone=ZONE, recorder="demo") as ledger:
            ledger.load(seed_rows())
            yield ledger


def _cast(ledger: Ledger) -> Iterator[tuple[str, str, Role]]:
    """Give each role of a demonstration to somebody; yield their names and their passwords."""
    from ledger.vocabulary import Role

    names = {
        Role.FACT_CHECKER: "Ana",
        Role.EDITOR: "Emil",
        Role.AUDITOR: "Aude",
        Role.PUBLISHER: "Pia",
        Role.ADMIN: "Adam",
    }
    for role, name in names.items():
        password = secrets.token_urlsafe(9)
        ledger.people.add_person(name, password, [role])
        yield name, password, role


def _everybody(name: str) -> Person:
    from datetime import UTC, datetime

    from ledger.book import Person
    from ledger.vocabulary import Role

    return Person(name, frozenset(Role), disabled=False, made=datetime.now(UTC))


def _proxy(given: str) -> str:
    from ipaddress import ip_network

    try:
        return str(ip_network(given, strict=False)) if "/" in given else str(ip_network(given).network_address)
    except ValueError:
        step = "give the address that the proxy connects from, such as 127.0.0.1 or 10.0.0.0/8"
        raise Misused(f"serve: --behind-proxy: {plain(given)}: is no address", next=step) from None


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given)
