"""A witness without network and disk (C2SP tlog-witness): every answer of the specification, and what it remembers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from ledger.tlog import (
    EMPTY_ROOT,
    Checkpoint,
    Invalid,
    Signer,
    leaf_hash,
    node_hash,
    open_note,
    parse_note,
    prove_consistency,
    read_checkpoint,
    root_of,
)
from ledger.tlog.note import COSIGNATURE, cosigned_at, format_signature
from ledger.tlog.witness import (
    MOST_HASHES,
    SIZE_TYPE,
    Answer,
    Request,
    answer,
    cosignature_times,
    evidence,
    merge_notes,
    origin_asked,
    parse_request,
    read_cosignatures,
    read_size,
)

ORIGIN, NOW = "example.org/log", 1_700_000_000
LOG, STRANGER = Signer(ORIGIN, bytes(32)), Signer(ORIGIN, bytes([9] * 32))
OTHER = Signer("example.org/other", bytes(32))
WITNESS = Signer("witness.example/w", bytes([1] * 32), COSIGNATURE)
LOGS = {ORIGIN: [LOG.verifier]}


class Tree:
    """Leaves whose hashes follow from their index and the word of this history."""

    def __init__(self, word: str = "true", since: int = 0) -> None:
        self.word, self.since = word, since

    def leaf(self, index: int) -> bytes:
        return leaf_hash(f"{self.word if index >= self.since else 'true'} {index}".encode())

    @cache  # noqa: B019 - a tree lives as long as its test
    def node(self, level: int, index: int) -> bytes:
        if not level:
            return self.leaf(index)
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def checkpoint(self, size: int, origin: str = ORIGIN) -> Checkpoint:
        return Checkpoint(origin, size, root_of([self.leaf(index) for index in range(size)]))

    def request(self, old: int, size: int, *signers: Signer) -> Request:
        proof = tuple(prove_consistency(self, old, size)) if old <= size else ()
        return Request(old, proof, self.checkpoint(size).sign(*(signers or (LOG,))))


TRUE, FORK = Tree(), Tree("false", since=3)


class Memory:
    """A witness and what it remembers."""

    def __init__(self) -> None:
        self.note: bytes | None = None
        self.time = NOW

    def ask(self, request: Request | bytes) -> Answer:
        data = request.format() if isinstance(request, Request) else request
        before = self.note
        found = answer(data, LOGS, before, WITNESS, self.time)
        assert (found.status == 200) == (found.remember is not None)
        assert found.status in (200, 400, 403, 404, 409, 422)
        if found.remember is not None:
            self.note = found.remember
        return found

    def at(self, size: int) -> Memory:
        assert self.ask(TRUE.request(0, size)).status == 200
        return self


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 64, 100])
def test_the_first_checkpoint_of_a_log_is_taken_as_it_is(size: int) -> None:
    memory = Memory()
    found = memory.ask(TRUE.request(0, size))
    assert found.status == 200
    assert found.content_type == "text/plain; charset=utf-8"
    (line,) = read_cosignatures(found.body.encode(), TRUE.checkpoint(size).text, WITNESS.verifier)
    assert line == found.body
    assert cosignature_times(memory.note or b"", [WITNESS.verifier]) == {WITNESS.verifier: NOW}


@pytest.mark.parametrize(("old", "size"), [(1, 2), (2, 3), (3, 7), (6, 7), (7, 8), (8, 64), (5, 100), (64, 100)])
def test_what_extends_the_last_one_is_cosigned_and_remembered(old: int, size: int) -> None:
    memory = Memory().at(old)
    assert memory.ask(TRUE.request(old, size)).status == 200
    assert read_checkpoint(memory.note or b"") == TRUE.checkpoint(size)


def test_the_same_again_is_cosigned_again_with_its_own_time() -> None:
    memory = Memory().at(7)
    memory.time += 100
    found = memory.ask(TRUE.request(7, 7))
    assert found.status == 200
    assert set(cosignature_times(memory.note or b"", [WITNESS.verifier]).values()) == {NOW + 100}


def test_a_clock_that_was_set_back_does_not_make_a_cosignature_older() -> None:
    memory = Memory().at(7)
    memory.time -= 100
    memory.ask(TRUE.request(7, 8))
    assert set(cosignature_times(memory.note or b"", [WITNESS.verifier]).values()) == {NOW}


def test_the_lines_of_strangers_are_neither_needed_nor_kept() -> None:
    memory = Memory()
    spy = Signer("spy.example", bytes([7] * 32))
    assert memory.ask(TRUE.request(0, 5, spy, STRANGER, LOG)).status == 200
    assert [each.name for each in parse_note(memory.note or b"").signatures] == [ORIGIN, "witness.example/w"]
    assert len(open_note(memory.note or b"", [LOG.verifier, WITNESS.verifier])[1]) == 2


@pytest.mark.parametrize("old", [0, 4, 6, 8])
def test_another_old_size_than_is_remembered(old: int) -> None:
    """409 with the size, whatever the rest is; who knows it asks again."""
    memory = Memory().at(5)
    found = memory.ask(TRUE.request(old, 9))
    assert (found.status, found.body, found.content_type) == (409, "5\n", SIZE_TYPE) == (409, "5\n", "text/x.tlog.size")
    assert read_size(found.body.encode()) == 5
    assert not found.suspect
    assert memory.ask(TRUE.request(5, 9)).status == 200


def test_an_old_size_where_nothing_is_remembered() -> None:
    found = Memory().ask(TRUE.request(3, 9))
    assert (found.status, found.body) == (409, "0\n")


def test_a_replayed_request_rolls_nothing_back() -> None:
    memory = Memory().at(3)
    step = TRUE.request(3, 7)
    assert memory.ask(step).status == 200
    assert memory.ask(TRUE.request(7, 9)).status == 200
    note = memory.note
    for replayed in (step, TRUE.request(0, 3), TRUE.request(3, 3), TRUE.request(7, 9), TRUE.request(0, 9)):
        found = memory.ask(replayed)
        assert (found.status, found.body) == (409, "9\n")
    found = memory.ask(TRUE.request(9, 7))
    assert (found.status, found.body) == (400, "the old size is larger than that of the checkpoint\n")
    assert memory.note == note


def test_another_root_at_the_same_size() -> None:
    """422 since C2SP/C2SP#280, of July 2026; it was 409 before, which says that asking again helps."""
    memory = Memory().at(7)
    found = memory.ask(FORK.request(7, 7))
    assert (found.status, found.body) == (422, "one size has two roots\n")
    assert found.suspect


@pytest.mark.parametrize("size", [8, 9, 16, 100])
def test_a_rewritten_history_is_no_continuation(size: int) -> None:
    memory = Memory().at(7)
    note = memory.note
    found = memory.ask(FORK.request(7, size))
    assert found.status == 422 and found.suspect
    assert memory.note == note
    assert memory.ask(Request(7, TRUE.request(7, size).proof, FORK.request(7, size).note)).status == 422
    assert memory.ask(TRUE.request(7, size)).status == 200


@pytest.mark.parametrize(
    "proof",
    [
        lambda proof: (),
        lambda proof: proof[:-1],
        lambda proof: proof[1:],
        lambda proof: proof[::-1],
        lambda proof: (*proof, bytes(32)),
        lambda proof: (*proof, *[bytes(32)] * (MOST_HASHES - len(proof))),
        lambda proof: tuple(bytes(32) for _ in proof),
    ],
)
def test_a_proof_that_does_not_hold(proof: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> None:
    memory = Memory().at(7)
    good = TRUE.request(7, 21)
    assert memory.ask(replace(good, proof=proof(good.proof))).status == 422
    assert memory.ask(good).status == 200


@pytest.mark.parametrize("size", [5, 0])
def test_a_proof_from_nothing_is_empty(size: int) -> None:
    assert Memory().ask(replace(TRUE.request(0, size), proof=(bytes(32),))).status == 422


def test_an_empty_log_has_one_root() -> None:
    found = Memory().ask(Request(0, (), Checkpoint(ORIGIN, 0, bytes(32)).sign(LOG)))
    assert (found.status, found.suspect) == (422, True)
    assert Memory().ask(Request(0, (), Checkpoint(ORIGIN, 0, EMPTY_ROOT).sign(LOG))).status == 200


def test_a_log_that_is_not_known() -> None:
    found = Memory().ask(Request(0, (), Checkpoint(OTHER.verifier.name, 3, bytes(32)).sign(OTHER)))
    assert found.status == 404


def test_a_log_by_a_key_of_another_name() -> None:
    """The keys of one origin are no keys of another, whatever the configuration says."""
    note = Checkpoint(ORIGIN, 3, bytes(32)).sign(OTHER)
    found = answer(Request(0, (), note).format(), {ORIGIN: [OTHER.verifier]}, None, WITNESS, NOW)
    assert found.status == 404


@pytest.mark.parametrize(
    "note",
    [
        TRUE.checkpoint(5).sign(STRANGER),
        TRUE.checkpoint(5).sign(OTHER),
        TRUE.checkpoint(5).sign(LOG).replace(b"\n5\n", b"\n6\n"),
        TRUE.checkpoint(5).text.encode()
        + b"\n"
        + format_signature(WITNESS.cosign(TRUE.checkpoint(5).text, 1)).encode(),
    ],
)
def test_a_checkpoint_that_no_known_key_signed(note: bytes) -> None:
    memory = Memory().at(3)
    assert memory.ask(Request(3, (), note)).status == 403


GOOD = TRUE.request(3, 7).format()
HASH = base64.b64encode(bytes(32)) + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"old 3\n",
        b"old 3\n\n",
        b"\xff" + GOOD,
        GOOD.replace(b"old 3", b"old 03"),
        GOOD.replace(b"old 3", b"old -3"),
        GOOD.replace(b"old 3", b"old +3"),
        GOOD.replace(b"old 3", b"old  3"),
        GOOD.replace(b"old 3", b"old"),
        GOOD.replace(b"old 3", b"Old 3"),
        GOOD.replace(b"old 3", b"size 3"),
        GOOD.replace(b"old 3", b"old 3 "),
        GOOD.replace(b"old 3", b"old " + b"9" * 20),
        GOOD.replace(b"old 3", "old ٣".encode()),
        GOOD.replace(b"\n", b"\r\n"),
        b"\n" + GOOD,
        GOOD.replace(b"old 3\n", b"old 3\nnonsense\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + HASH[:-2] + b"\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + base64.b64encode(bytes(31)) + b"\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + HASH * (MOST_HASHES + 1)),
        GOOD[:-1],
        GOOD[: GOOD.index("—".encode())],
        TRUE.checkpoint(7).sign(LOG),
        Request(8, (), TRUE.request(0, 7).note).format(),
        GOOD.replace(b"\n7\n", b"\n07\n"),
    ],
)
def test_what_is_malformed(data: bytes) -> None:
    memory = Memory().at(3)
    assert memory.ask(data).status == 400
    if origin_asked(data) is None:
        with pytest.raises(Invalid):
            read_checkpoint(parse_request(data).note)


def test_every_request_cut_off_anywhere_is_refused() -> None:
    for end in range(len(GOOD)):
        assert Memory().at(3).ask(GOOD[:end]).status in (400, 403)


def test_a_request_is_read_as_it_was_written() -> None:
    for request in (TRUE.request(0, 5), TRUE.request(3, 100), FORK.request(99, 100, STRANGER, LOG)):
        assert parse_request(request.format()) == request
        assert origin_asked(request.format()) == ORIGIN


def test_evidence_has_both_notes_and_the_proof_and_one_name() -> None:
    """Whoever asks with the same two checkpoints, and whatever proof, makes no second file."""
    memory = Memory().at(7)
    forked = FORK.request(7, 9)
    name, text = evidence(memory.note, forked.format())
    assert (memory.note or b"").decode() in text
    assert text.endswith(forked.format().decode())
    assert len(name) == 64
    assert evidence(memory.note, replace(forked, proof=()).format())[0] == name
    assert evidence(memory.note, FORK.request(7, 9, STRANGER, LOG).format())[0] == name
    assert evidence(memory.note, FORK.request(7, 10).format())[0] != name
    assert "cosigned nothing yet" in evidence(None, forked.format())[1]


# The other side: what a log makes of an answer


TEXT = TRUE.checkpoint(7).text


def test_a_cosignature_of_another_checkpoint_or_by_another_is_none() -> None:
    mine = format_signature(WITNESS.cosign(TEXT, NOW))
    other = format_signature(Signer("witness.example/x", bytes([2] * 32), COSIGNATURE).cosign(TEXT, NOW))
    assert read_cosignatures((other + mine).encode(), TEXT, WITNESS.verifier) == [mine]
    replayed = format_signature(WITNESS.cosign(TRUE.checkpoint(8).text, NOW))
    for body in (replayed, mine + replayed, other, "", "\n", "yes", mine[:-9], "\x00", f"{mine}\n"):
        with pytest.raises(Invalid):
            read_cosignatures(body.encode(), TEXT, WITNESS.verifier)
    with pytest.raises(Invalid):
        read_cosignatures(b"\xff", TEXT, WITNESS.verifier)


@pytest.mark.parametrize("body", [b"", b"\n", b"-1\n", b"07\n", b"7 \n", b"7\n\n", b"\xff", b"9" * 30, "٣".encode()])
def test_a_size_that_is_none(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_size(body)


def test_notes_of_one_text_are_put_together() -> None:
    signed = TRUE.checkpoint(7).sign(LOG)
    one, two = (signed + format_signature(WITNESS.cosign(TEXT, time)).encode() for time in (NOW, NOW + 5))
    merged = merge_notes([signed, two, one, signed])
    assert [cosigned_at(each) for each in parse_note(merged).signatures[1:]] == [NOW + 5, NOW]
    assert cosignature_times(merged, [WITNESS.verifier]) == {WITNESS.verifier: NOW}, "the first time counts"
    with pytest.raises(Invalid):
        merge_notes([signed, TRUE.checkpoint(8).sign(LOG)])
