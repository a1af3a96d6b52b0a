"""What a recording command answers: what was recorded, the state that followed and why, how to undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.cli.frame import Settings
from ledger.cli.screen import block, painted, put, put_json, say

if TYPE_CHECKING:
    from ledger.book import Ledger, Receipt

RETRACT = "retract {index} --why mistyped"


def show_receipt(settings: Settings, ledger: Ledger, receipt: Receipt, *, undo: str | None = RETRACT) -> None:
    """Show a receipt; ``undo`` is the command that takes it back."""
    if settings.json:
        put_json(receipt.as_json())
        return
    before = "" if receipt.wrote else " before"
    summary = next((line.summary for line in ledger.log(receipt.index, receipt.index + 1)), "")
    for line in block(f"{receipt.index} recorded{before}: ", summary, indent=4):
        put(line)
    for remark in receipt.remarks:
        for line in block("    ", remark):
            say(line)
    if receipt.claim is not None and receipt.state is not None:
        for line in block("    ", f"claim {receipt.claim} is now {_state_and_reason(receipt)}"):
            put(line.replace(f" now {receipt.state}", f" now {painted(receipt.state, receipt.state)}", 1))
    if undo and receipt.wrote:
        say(f"    undo: claims {undo.format(index=receipt.index)}")


def _state_and_reason(receipt: Receipt) -> str:
    reason = receipt.because
    if reason.startswith(str(receipt.state)):
        return reason
    return f"{receipt.state}: {reason}" if reason else str(receipt.state)
