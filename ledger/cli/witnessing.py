"""The witnesses of our log, and being the witness of others."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.frame import Acts, Settings, reading, with_settings
from ledger.cli.screen import plain, put, put_json, say
from ledger.cli.signing import keys_folder, keys_option

if TYPE_CHECKING:
    from ledger.tlog.policy import Policy

DEFAULT_PORT = 7480


@click.group(cls=Acts)
def witness() -> None:
    """Have others remember what was signed, or remember it for them."""


@witness.command("add")
@click.argument("name", metavar="NAME")
@click.argument("url", metavar="URL")
@click.argument("vkey", metavar="VKEY")
@keys_option()
@with_settings
def witness_add(settings: Settings, name: str, url: str, vkey: str, keys: str | None) -> None:
    """Ask a witness from now on to cosign each checkpoint.

    Give it the line that `claims key show` prints first, so that it knows
    this log. NAME is yours to choose; URL and VKEY are what it told you.

    \b
    claims witness add ombudsman https://witness.example.org VKEY
    """
    from ledger.publish.keys import read_verifier
    from ledger.publish.witnesses import add_witness

    with reading(settings) as ledger:
        policy = add_witness(keys_folder(keys), ledger.origin, name, url, read_verifier(vkey))
    _show(settings, policy)


@witness.command("list")
@keys_option()
@with_settings
def witness_list(settings: Settings, keys: str | None) -> None:
    """Print the policy: the keys of the log, its witnesses, the quorum.

    It is a policy file as others use it (c2sp.org/tlog-policy), which
    auditors can be given.

    \b
    claims witness list > policy
    claims audit public --policy policy
    """
    from ledger.publish import folder_of
    from ledger.publish.witnesses import policy_of

    with reading(settings) as ledger:
        policy = policy_of(folder_of(keys_folder(keys), ledger.origin))
    _show(settings, policy)


@witness.command("remove")
@click.argument("name", metavar="NAME")
@keys_option()
@with_settings
def witness_remove(settings: Settings, name: str, keys: str | None) -> None:
    """Ask a witness no more.

    Auditors whose policy has it must hear of that.

    \b
    claims witness remove ombudsman
    """
    from ledger.publish.witnesses import remove_witness

    with reading(settings) as ledger:
        policy = remove_witness(keys_folder(keys), ledger.origin, name)
    _show(settings, policy)


@witness.command("quorum")
@click.argument("rule", metavar="K|any|all|none")
@keys_option()
@with_settings
def witness_quorum(settings: Settings, rule: str, keys: str | None) -> None:
    """Say how many of the witnesses must cosign what is published.

    It is all of them unless you say otherwise. With none they are asked, and
    nothing waits for their answer.

    \b
    claims witness quorum 2
    """
    from ledger.publish.witnesses import set_quorum

    with reading(settings) as ledger:
        policy = set_quorum(keys_folder(keys), ledger.origin, rule)
    _show(settings, policy)


def _show(settings: Settings, policy: Policy) -> None:
    if settings.json:
        put_json(_as_json(policy))
        return
    for line in policy.format().splitlines():
        put(plain(line))


def _as_json(policy: Policy) -> dict[str, Any]:
    groups = {name: {"rule": each.rule, "members": list(each.members)} for name, each in policy.groups.items()}
    return {
        "logs": [str(each) for each in policy.logs],
        "witnesses": [
            {"name": name, "verifier": str(each), "url": policy.addresses.get(name)}
            for name, each in policy.witnesses.items()
        ],
        "groups": groups,
        "quorum": policy.quorum,
    }


@witness.command("key")
@click.option("--name", metavar="NAME", help="The name of a new key, as witness.example.org; it stays for ever.")
@keys_option()
@with_settings
def witness_key(settings: Settings, name: str | None, keys: str | None) -> None:
    """Print the key by which this witness is known; make it the first time.

    \b
    claims witness key --name witness.example.org
    """
    from ledger.publish.witnessing import witness_key as key_of_witness

    signer = key_of_witness(keys_folder(keys), name, secrets.token_bytes(32))
    if settings.json:
        put_json({"verifier": str(signer.verifier)})
        return
    put(str(signer.verifier))


@witness.command("serve")
@click.option("--key", "logs", metavar="VKEY", multiple=True, required=True, help="The key of a log; one for each log.")
@click.option("--name", metavar="NAME", help="The name of the key, where there is none yet.")
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", help="Where to listen; 127.0.0.1 unless you say so.")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, help="The port; 7480 usually."
)
@keys_option()
def witness_serve(logs: tuple[str, ...], name: str | None, bind: str, port: int, keys: str | None) -> None:
    """Cosign the checkpoints of others, as long as each extends the last.

    It answers POST /add-checkpoint (c2sp.org/tlog-witness). What it has
    cosigned it never forgets; a checkpoint that does not extend it is kept
    as evidence, and not cosigned. Put a web server with TLS before it.

    \b
    claims witness serve --key VKEY --name witness.example.org
    """
    from ledger.errors import Unavailable
    from ledger.publish.keys import read_verifier
    from ledger.publish.witnessing import application, witnessing
    from ledger.tlog.witness import MOST_REQUEST

    verifiers = [read_verifier(each) for each in logs]
    with witnessing(keys_folder(keys), name, secrets.token_bytes(32), verifiers, _talk) as (found, verifier):
        import waitress

        try:
            server = waitress.create_server(
                application(found, _talk),
                host=bind,
                port=port,
                ident=None,
                threads=4,
                connection_limit=100,
                channel_timeout=30,
                cleanup_interval=5,
                max_request_body_size=MOST_REQUEST,
                max_request_header_size=16 * 1024,
            )
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise Unavailable(
                f"witness: {bind} port {port}: {why}", next="choose another with --bind, --port"
            ) from None
        say(f"witness {plain(str(verifier))}")
        for address, number in _listening(server):
            say(f"listening on http://{address}:{number} for {plain(', '.join(sorted({v.name for v in verifiers})))}")
        sys.stderr.flush()
        server.run()


def _listening(server: Any) -> list[tuple[str, int]]:
    found = getattr(server, "effective_listen", None) or [(server.effective_host, server.effective_port)]
    return [(f"[{host}]" if ":" in host else host, port) for host, port in found]


def _talk(line: str) -> None:
    say(f"{datetime.now(UTC).isoformat(timespec='seconds').removesuffix('+00:00')}Z {plain(line)}")
    sys.stderr.flush()
