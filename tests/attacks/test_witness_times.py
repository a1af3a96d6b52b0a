"""What the times of cosignatures and the published history of checkpoints show an auditor who has a policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.encoding import decode_entry
from ledger.publish.layout import SIZES, checkpoint_path
from ledger.tlog import Checkpoint, Signer
from ledger.tlog.note import COSIGNATURE
from ledger.tlog.policy import Policy, with_quorum, with_witness
from tests.publications import KEY, Auditor, Log, long_log, put
from tests.shell import Shell
from tests.witnesses import cosigned

NORTH, SOUTH, EAST = (Signer(f"{name}.example", bytes([n] * 32), COSIGNATURE) for n, name in enumerate("nse", 1))
SIZE, BEFORE = 300, 200
AHEAD = "is after witnesses cosigned {}, which has the entry: it was dated ahead (expected "
BACK = "is before witnesses cosigned {}, which has not got it: it was dated back (expected "


class Scene:
    """A publication of 300 entries, that of its first 200 beside it, and the times at which each was recorded."""

    def __init__(self, folder: Path, shell: Shell) -> None:
        self.folder, self.shell = folder, shell
        self.log = long_log(SIZE)
        self.log.write(folder / "pub")
        self.recorded = [int(decode_entry(leaf).recorded.timestamp()) for leaf in self.log.leaves]
        self.policy("all")

    def policy(self, rule: str, *signers: Signer) -> None:
        policy = Policy((KEY.verifier,))
        for signer in signers or (NORTH,):
            policy = with_witness(policy, signer.verifier.name, signer.verifier, "https://example.org")
        put(self.folder / "policy", with_quorum(policy, rule).format().encode())

    def cosign(self, size: int, **times: int) -> bytes:
        """Publish the checkpoint of a size, cosigned at these times."""
        log = Log(self.log.leaves[:size], {})
        signers = {"north": NORTH, "south": SOUTH, "east": EAST}
        note = cosigned(log.note(), {signers[name]: time for name, time in times.items()})
        put(self.folder / "pub" / checkpoint_path(size), note)
        if size == SIZE:
            put(self.folder / "pub" / "checkpoint", note)
        put(self.folder / "pub" / SIZES, f"{BEFORE}\n{SIZE}\n".encode())
        return note

    def honest(self) -> None:
        self.cosign(BEFORE, north=self.recorded[BEFORE - 1])
        self.cosign(SIZE, north=self.recorded[-1])

    def passes(self, *more: str) -> str:
        return Auditor(self.shell, keys=()).passes("--policy", "policy", *more).out

    def finds(self, *more: str) -> list[str]:
        return Auditor(self.shell, keys=()).finds("--policy", "policy", *more)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, Shell(tmp_path, monkeypatch))


def test_entries_between_the_times_of_the_checkpoints_around_them(scene: Scene) -> None:
    scene.honest()
    assert f"cosigned by {NORTH.verifier.name} (" in scene.passes()


@pytest.mark.parametrize("by", [61, 600])
def test_entries_dated_ahead_of_the_checkpoint_that_has_them(scene: Scene, by: int) -> None:
    scene.honest()
    scene.cosign(SIZE, north=scene.recorded[-1] - by)
    late = [index for index in range(BEFORE, SIZE) if scene.recorded[index] > scene.recorded[-1] - by + 60]
    found = scene.finds()
    assert [each.split(":")[0] for each in found] == [f"entry {index}" for index in late][:100]
    assert all(f"recorded: {AHEAD.format('checkpoint')}" in each for each in found)
    scene.cosign(SIZE, north=scene.recorded[-1] - 60)
    scene.passes()


@pytest.mark.parametrize("by", [61, 600])
def test_entries_dated_back_behind_the_checkpoint_before_them(scene: Scene, by: int) -> None:
    scene.honest()
    first = scene.recorded[BEFORE]
    scene.cosign(BEFORE, north=first + by)
    early = [index for index in range(BEFORE, SIZE) if scene.recorded[index] < first + by - 60]
    found = scene.finds()
    assert [each.split(":")[0] for each in found] == [f"entry {index}" for index in early][:100]
    assert all(f"recorded: {BACK.format('checkpoints/200')}" in each for each in found)
    scene.cosign(BEFORE, north=first + 60)
    scene.passes()


def test_the_old_checkpoint_that_an_auditor_kept_gives_times_as_well(scene: Scene) -> None:
    """Where the newsroom does not publish it any more."""
    scene.honest()
    put(scene.folder / "kept", scene.cosign(BEFORE, north=scene.recorded[BEFORE] + 61))
    put(scene.folder / "pub" / SIZES, f"{SIZE}\n".encode())
    scene.passes()
    assert scene.finds("--since", "kept")[0].startswith(f"entry 200: recorded: {BACK.format('the old checkpoint')}")


def test_one_witness_that_lies_makes_nobody_guilty_where_two_are_asked(scene: Scene) -> None:
    """Neither a far past nor a far future of one counts; that of two does."""
    scene.policy("2", NORTH, SOUTH, EAST)
    right, last = scene.recorded[BEFORE - 1], scene.recorded[-1]
    for wrong in (0, 1, 2**63 - 1):
        scene.cosign(BEFORE, north=right, south=right, east=wrong)
        scene.cosign(SIZE, north=last, south=last, east=wrong)
        scene.passes()
    scene.cosign(SIZE, north=1, south=last, east=1)
    assert len(scene.finds()) == 100
    scene.cosign(SIZE, north=last, south=last)
    scene.cosign(BEFORE, north=2**63 - 1, south=2**63 - 1)
    assert "dated back (expected 9999-12-31T23:59:59.000000Z or later, got " in scene.finds()[0]


def test_a_checkpoint_without_a_quorum_gives_no_times(scene: Scene) -> None:
    scene.honest()
    scene.policy("all", NORTH, SOUTH)
    scene.cosign(BEFORE, north=1)
    (found,) = scene.finds()
    assert found == "checkpoint: lacks a quorum of witnesses: s.example"
    scene.cosign(SIZE, north=scene.recorded[-1], south=scene.recorded[-1])
    scene.passes()


def test_a_cosignature_by_nobody_of_the_policy_counts_for_nothing(scene: Scene) -> None:
    scene.cosign(BEFORE, south=1)
    scene.cosign(SIZE, south=1, east=2**63 - 1)
    assert scene.finds() == ["checkpoint: lacks a quorum of witnesses: n.example"]
    scene.cosign(SIZE, south=1, north=scene.recorded[-1])
    scene.passes()


def test_a_cosignature_that_was_made_younger_or_is_of_another_checkpoint(scene: Scene) -> None:
    scene.honest()
    here, there = (scene.folder / "pub" / checkpoint_path(size) for size in (BEFORE, SIZE))
    lines = [path.read_bytes().splitlines(keepends=True) for path in (here, there)]
    put(here, b"".join([*lines[0][:-1], lines[1][-1]]))
    (found,) = scene.finds()
    assert found.startswith("checkpoints/200: the signature by n.example (") and "is not over this text" in found
    put(here, b"".join(lines[0]))
    put(scene.folder / "pub" / "checkpoint", b"".join([*lines[1][:-1], lines[0][-1]]))
    assert any(each.startswith("checkpoint: the signature by n.example (") for each in scene.finds())


# The history of checkpoints


def test_a_published_checkpoint_of_another_history(scene: Scene) -> None:
    """Signed by the real key: the newsroom, or who holds its key, shows two histories in one place."""
    scene.honest()
    put(scene.folder / "pub" / checkpoint_path(BEFORE), Checkpoint(KEY.verifier.name, BEFORE, bytes(32)).sign(KEY))
    (found,) = scene.finds()
    assert found.startswith("checkpoints/200: has another root than these entries make at size 200: the history was")
    (found,) = Auditor(scene.shell).finds()
    assert found.startswith("checkpoints/200: ")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "checkpoints/200: the note does not end in an empty line and signatures"),
        (
            Checkpoint(KEY.verifier.name, 199, bytes(32)).sign(KEY),
            "checkpoints/200: is of another size (expected 200, got",
        ),
        (b"x" * (1 << 20), "checkpoints/200: the note does not end"),
        (b"x" * (1 << 21), "checkpoints/200: has more than 1,048,576 bytes"),
        (None, "checkpoints/200: is missing, though checkpoints/sizes names it"),
    ],
)
def test_a_published_checkpoint_that_is_none(scene: Scene, data: bytes | None, why: str) -> None:
    scene.honest()
    path = scene.folder / "pub" / checkpoint_path(BEFORE)
    path.unlink() if data is None else put(path, data)
    (found,) = scene.finds()
    assert found.startswith(why)


def test_a_stranger_s_checkpoint_shows_nothing(scene: Scene) -> None:
    scene.honest()
    stranger = Signer(KEY.verifier.name, bytes([9] * 32))
    put(scene.folder / "pub" / checkpoint_path(BEFORE), Checkpoint(KEY.verifier.name, BEFORE, bytes(32)).sign(stranger))
    scene.passes()


@pytest.mark.parametrize("sizes", [b"200\n200\n", b"300\n200\n", b"200", b"-1\n", b"x\n", b"\n", b"\xff\n", b"9" * 30])
def test_a_list_of_sizes_that_is_none(scene: Scene, sizes: bytes) -> None:
    scene.honest()
    put(scene.folder / "pub" / SIZES, sizes)
    assert scene.finds() == ["checkpoints/sizes: is not a list of ascending sizes, one a line"]


def test_sizes_of_a_publication_that_is_under_way(scene: Scene) -> None:
    scene.honest()
    put(scene.folder / "pub" / SIZES, b"200\n300\n301\n")
    scene.passes()


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("quorum none\n", 2, "policy: policy: has no log line, and there is no --key"),
        ("", 3, "policy: policy: the policy has no quorum line"),
        ("log x\nquorum none\n", 3, "policy: policy: line 1 of the policy: "),
        (None, 3, "policy: policy: cannot be read: no such file or directory"),
    ],
)
def test_a_policy_that_is_none(scene: Scene, text: str | None, code: int, why: str) -> None:
    (scene.folder / "policy").unlink() if text is None else put(scene.folder / "policy", text.encode())
    done = scene.shell("audit", "pub", "--policy", "policy")
    assert done.code == code
    assert done.err.startswith(f"claims: {why}") and "\nnext: " in done.err


def test_a_key_beside_a_policy_without_logs(scene: Scene) -> None:
    scene.honest()
    put(scene.folder / "policy", f"witness n {NORTH.verifier}\nquorum n\n".encode())
    Auditor(scene.shell).passes("--policy", "policy")
    assert scene.shell("audit", "pub").code == 2
