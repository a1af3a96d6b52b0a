"""Completion of words in a shell, through click's own mechanism."""

from __future__ import annotations

import click

from ledger.cli.frame import Act, Settings, with_settings
from ledger.cli.screen import put, put_json

VARIABLE = "_CLAIMS_COMPLETE"
INSTALL = {
    "bash": """to install, add this line to ~/.bashrc:  eval "$(claims completion bash)\"""",
    "zsh": """to install, add this line to ~/.zshrc, after compinit:  eval "$(claims completion zsh)\"""",
    "fish": "to install:  claims completion fish > ~/.config/fish/completions/claims.fish",
}


@click.command(cls=Act)
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(list(INSTALL)))
@with_settings
def completion(settings: Settings, shell: str) -> None:
    """Print what makes a shell complete commands, stories, sources and claims.

    The words come from the ledger that --ledger or CLAIMS_LEDGER names. The
    last line says how to install it.

    \b
    eval "$(claims completion bash)"
    claims completion fish > ~/.config/fish/completions/claims.fish
    """
    from click.shell_completion import get_completion_class

    from ledger.cli.root import claims

    found = get_completion_class(shell)
    assert found is not None, "click knows the three"
    script = f"{found(claims, {}, 'claims', VARIABLE).source().rstrip()}\n# {INSTALL[shell]}"
    if settings.json:
        put_json({"shell": shell, "script": script})
    else:
        put(script)
