"""What every store has to do, whatever database is under it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.encoding import encode_entry, reference_to, sha256
from ledger.errors import LedgerError, Misused, Rejected
from ledger.model import BODIES, Content, Entry, Opening, Redaction, references
from ledger.resolver import Fold, Memory, board, explain, replay, resolve
from ledger.store import Reader, Store, Writer, check, log_id_of
from ledger.store.reader import AT_ONCE
from ledger.text import fold, skeleton
from ledger.tlog import (
    EMPTY_ROOT,
    Signer,
    check_consistency,
    check_inclusion,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.vocabulary import Kind, Part
from tests.contract.conftest import Opener
from tests.ledgers import Book, claims_of, redacted
from tests.stored import KEY, append, dressed, night, record, root, signed, statements

NIGHT = night()
DRESSED = [dressed(entry)[0] for entry in NIGHT]
[REDACTED] = redacted(NIGHT)
ROLES = sorted({role for entry in NIGHT for role, _ in references(entry.body)})


def answers(reader: Reader) -> dict[str, Any]:
    """Everything that a reader says, one question after the other."""
    everywhere = range(-1, len(NIGHT) + 1)
    moments = sorted({entry.recorded + timedelta(seconds=s) for entry in NIGHT for s in (-1, 0)})
    return {
        "size": reader.size,
        "entries": list(reader.entries()),
        "leaves": [reader.leaf(index) for index in range(reader.size)],
        "refs": {(r, i): list(reader.refs(r, i)) for r in ROLES for i in everywhere},
        "kinds": {kind: list(reader.of_kind(kind.value)) for kind in Kind},
        "contents": reader.contents(everywhere),
        "names": {kind: sorted(reader.names(kind)) for kind in ("recorder", "story", "source", "claim")},
        "keys": [reader.by_key(f"{index:032x}") for index in everywhere if index >= 0],
        "sizes": [reader.size_at(moment) for moment in moments],
    }


def expected(entries: Sequence[Entry]) -> dict[str, Any]:
    """The same answers, from the entries alone."""
    memory = Memory(entries)
    everywhere = range(-1, len(NIGHT) + 1)
    moments = sorted({entry.recorded + timedelta(seconds=s) for entry in NIGHT for s in (-1, 0)})
    contents = [dressed(entry)[1] for entry in NIGHT[: len(entries)]]
    gone = redacted(entries)
    return {
        "size": len(entries),
        "entries": list(entries),
        "leaves": [encode_entry(entry) for entry in entries],
        "refs": {(r, i): list(memory.refs(r, i)) for r in ROLES for i in everywhere},
        "kinds": {kind: list(memory.of_kind(kind.value)) for kind in Kind},
        "contents": {
            (i, part): each for i, parts in enumerate(contents) for part, each in parts.items() if (i, part) not in gone
        },
        "names": {kind: names_in(kind, entries) for kind in ("recorder", "story", "source", "claim")},
        "keys": [i if i < len(entries) and entries[i].key else None for i in everywhere if i >= 0],
        "sizes": [sum(entry.recorded <= moment for entry in entries) for moment in moments],
    }


def names_in(kind: str, entries: Sequence[Entry]) -> list[tuple[int, str]]:
    named = []
    for entry in entries:
        for part, content in dressed(entry)[1].items():
            if part in (Part.NAME, Part.TEXT):
                about = getattr(entry.body, "claim", entry.index)
                word = "claim" if entry.word == "wording" else entry.word
                named.append((word, about, fold(str(content.value))))
    return sorted((index, words) for word, index, words in named if word == kind)


def test_the_night_has_every_kind_of_entry() -> None:
    """What is published is told in `test_desk.py`."""
    assert {entry.word for entry in NIGHT} == {kind.value for kind in BODIES} - {"publication", "settlement"}


def test_what_is_appended_is_there_after_opening_again(store: Store, again: Opener) -> None:
    record(store, NIGHT)
    with again().reading() as reader:
        assert answers(reader) == expected(DRESSED)
        assert reader.log_id == log_id_of("example.org/desk")
    assert check(store) == []


def test_a_store_without_entries_has_nothing(store: Store, again: Opener) -> None:
    with store.reading() as reader:
        assert answers(reader) == expected([])
        assert dict(reader.voices) == {}
    with again().reading() as reader:
        assert reader.size == 0
    assert check(store) == []


@pytest.mark.parametrize("size", range(len(NIGHT) + 1))
def test_beyond_a_prefix_nothing_exists(store: Store, size: int) -> None:
    record(store, NIGHT)
    with store.reading(size=size) as reader:
        got, wanted = answers(reader), expected(DRESSED[:size])
        # A claim of the prefix is found by its later wordings too: names have no time.
        names = {"names": {**wanted["names"], "claim": got["names"]["claim"]}}
        # And what was redacted later is gone from the prefix too.
        wanted["contents"].pop(REDACTED, None)
        assert got == wanted | names
        assert {index for index, _ in got["names"]["claim"]} == set(claims_of(NIGHT[:size]))
        for beyond in (size, len(NIGHT), -1):
            with pytest.raises(KeyError):
                reader.entry(beyond)
            with pytest.raises(KeyError):
                reader.leaf(beyond)


@pytest.mark.parametrize("size", [-1, len(NIGHT) + 1])
def test_a_prefix_longer_than_the_ledger_is_refused(store: Store, size: int) -> None:
    record(store, NIGHT)
    with pytest.raises(Misused, match=f"the ledger has {len(NIGHT)} entries"), store.reading(size=size):
        pass


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("committed", [0, 12])
@pytest.mark.parametrize("flushed", [False, True])
def test_a_writer_sees_its_own_appends_at_once(store: Store, asked_before: bool, committed: int, flushed: bool) -> None:
    record(store, NIGHT[:committed])
    with store.writing() as writer:
        if asked_before:
            assert answers(writer) == expected(DRESSED[:committed])
        for size in range(committed, len(NIGHT)):
            append(writer, NIGHT[: size + 1])
            if flushed:
                writer.flush()
            if size % 7 == 0:
                assert answers(writer) == expected(DRESSED[: size + 1])
        assert answers(writer) == expected(DRESSED)
        assert writer.named("claim", "claim number 9") == expected_names("claim number 9")
    with store.reading() as reader:
        assert answers(reader) == expected(DRESSED)


def expected_names(words: str) -> list[int]:
    return [index for index, folded in names_in("claim", DRESSED) if folded == words]


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store, again: Opener) -> None:
    record(store, NIGHT[:10])
    with store.reading() as before:
        record(again(), NIGHT[:-1])
        assert answers(before) == expected(DRESSED[:10])
        with again().reading() as after:
            assert after.size == len(NIGHT) - 1
        assert before.size == 10
        assert list(before.refs("claim.story", 4)) == [9]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("flushed", [False, True])
def test_an_exception_leaves_nothing_behind(
    store: Store, again: Opener, error: type[BaseException], flushed: bool
) -> None:
    record(store, NIGHT[:10])
    with pytest.raises(error):
        append_and_raise(store, error, flushed=flushed)
    for each in (store, again()):
        with each.reading() as reader:
            assert answers(reader) == expected(DRESSED[:10])
    assert check(store) == []
    record(store, NIGHT)
    assert check(store) == []


def append_and_raise(store: Store, error: type[BaseException], *, flushed: bool) -> None:
    with store.writing() as writer:
        append(writer, NIGHT)
        if flushed:
            writer.finish()
        raise error


@pytest.mark.parametrize("flushed", [False, True])
def test_a_key_is_taken_once(store: Store, flushed: bool) -> None:
    record(store, NIGHT[:14])
    committed = next(entry for entry in DRESSED if entry.key)
    with store.writing() as writer:
        pending = append_twin(writer, committed, key="f" * 32)
        if flushed:
            writer.flush()
        for key, index in ((committed.key, committed.index), ("f" * 32, pending)):
            with pytest.raises(Rejected, match=f"is taken by entry {index}"):
                append_twin(writer, committed, key=key)
        assert writer.size == 15
    with store.reading() as reader:
        assert reader.by_key("f" * 32) == 14
        assert reader.by_key("e" * 32) is None


def append_twin(writer: Writer, entry: Entry, key: str | None) -> int:
    """Say the same thing once more, under a key of its own."""
    twin = replace(entry, index=writer.size, recorded=NIGHT[-1].recorded, key=None)
    twin, contents = dressed(twin)
    writer.append(replace(twin, key=key), contents)
    return twin.index


def test_things_are_found_by_their_words(store: Store, again: Opener) -> None:
    claims = claims_of(NIGHT)
    wording = next(entry.index for entry in NIGHT if entry.word == "wording")
    record(store, NIGHT)
    with store.writing() as writer:
        # The words of the claim once more, as a wording of it: found once.
        twin, contents = dressed(replace(NIGHT[wording], index=writer.size))
        said = replace(contents[Part.TEXT], value=f"CLAIM, number {claims[0]}!")
        writer.append(replace(twin, parts={Part.TEXT: reference_to(said)}), {Part.TEXT: said})
        assert writer.named("claim", f"claim number {claims[0]}") == [claims[0]]
        look = skeleton(f"Claim number {wording}")
        assert writer.looking_like("claim", look) == [claims[0]]
    with again().reading() as reader:
        assert reader.named("claim", f"claim number {claims[0]}") == [claims[0]]
        assert reader.named("claim", f"claim number {wording}") == [claims[0]]
        assert reader.looking_like("claim", skeleton(f"Сlaim number {claims[1]}")) == [claims[1]]
        assert reader.named("story", "story 4") == [4]
        assert reader.named("source", "story 4") == []
        assert reader.named("recorder", "recorder 1") == [1]
    assert check(store) == []


def test_a_part_that_is_not_there_is_none(store: Store) -> None:
    record(store, NIGHT)
    with store.reading() as reader:
        assert reader.content(1, Part.NAME) == dressed(NIGHT[1])[1][Part.NAME]
        assert reader.content(1, Part.NOTE) is None
        assert reader.content(len(NIGHT), Part.NAME) is None


def test_entries_are_streamed_in_pieces(store: Store) -> None:
    many = night(claims=2 * AT_ONCE + 3)
    record(store, many)
    with store.reading() as reader:
        assert [entry.index for entry in reader.entries()] == list(range(len(many)))
        assert [entry.index for entry in reader.entries(5, 2 * AT_ONCE)] == list(range(5, 2 * AT_ONCE))
        assert list(reader.entries(len(many) - 1, len(many) + 9)) == [reader.entry(len(many) - 1)]
        assert list(reader.entries(7, 7)) == []
        assert sorted(reader.names("claim"))[0] == (claims_of(many)[0], names_in("claim", many)[0][1])
        assert len(list(reader.names("claim"))) == 2 * AT_ONCE + 4


@pytest.mark.parametrize("at_once", [1, 5, len(NIGHT)])
def test_registers_are_those_of_a_pure_replay(store: Store, again: Opener, at_once: int) -> None:
    for size in [*range(at_once, len(NIGHT), at_once), len(NIGHT)]:
        record(store, NIGHT[:size])
        fold = replay(DRESSED[:size])
        with again().reading() as reader:
            assert dict(reader.voices) == dict(fold.voices)
            assert dict(reader.tallies) == dict(fold.tallies)
    assert fold.voices
    assert check(store) == []


def test_a_voice_that_vanished_stays_away(store: Store, again: Opener) -> None:
    record(store, NIGHT)
    with store.writing() as writer:
        key = next(iter(writer.voices))
        voice = writer.voices.pop(key)
        assert key not in writer.voices
    with again().writing() as writer:
        assert key not in writer.voices
        writer.voices[key] = voice
        del writer.voices[key]
        writer.voices[key] = voice
    with store.reading() as reader:
        assert reader.voices[key] == voice
    assert check(store) == []


def test_a_register_says_what_was_last_put_into_it(store: Store) -> None:
    record(store, NIGHT)
    with store.reading() as reader:
        first, second, *rest = sorted(reader.voices)
    with store.reading() as reader:
        changed = replace(reader.voices[first], declined=True)
        reader.voices[first] = changed
        del reader.voices[second]
        assert sorted(reader.voices) == [first, *rest]
        assert reader.voices[first] == changed
        with pytest.raises(KeyError):
            del reader.voices[second]
    with store.reading() as reader:
        assert sorted(reader.voices) == [first, second, *rest], "a reader changes nothing for good"


def test_a_prefix_has_no_registers(store: Store) -> None:
    record(store, NIGHT)
    with store.reading(size=5) as reader, pytest.raises(AssertionError, match="not for a prefix"):
        _ = reader.voices


@pytest.mark.parametrize("size", [None, len(NIGHT) - 1])
def test_after_prefetching_nothing_is_read_again(store: Store, size: int | None) -> None:
    record(store, NIGHT)
    with store.reading(size=size) as reader, statements(store) as asked:
        fold = Fold(reader, voices=reader.voices, tallies=reader.tallies) if size is None else replay(reader.entries())
        fold = Fold(reader, voices=fold.voices, tallies=fold.tallies)
        claims = list(reader.of_kind("claim"))
        reader.prefetch(claims)
        before = len(asked)
        for claim in claims:
            resolve(fold, claim)
            explain(fold, claim)
        assert board(fold) != []
        assert asked[before:] == []


def test_prefetching_many_claims_takes_few_queries(store: Store) -> None:
    record(store, night(claims=1_000))
    with store.reading() as reader, statements(store) as asked:
        reader.prefetch(reader.of_kind("claim"))
    assert len(asked) < 150


def test_an_append_is_a_handful_of_statements(store: Store) -> None:
    record(store, NIGHT[:12])
    with statements(store) as asked, store.writing() as writer:
        append_twin(writer, DRESSED[9], key=None)
        claim = append_twin(writer, DRESSED[10], key=None)
        assert (list(writer.refs("claim.story", claim)), writer.entry(claim).index) == ([], claim)
    writes = [sql for sql in asked if sql.startswith(("INSERT", "DELETE", "UPDATE"))]
    assert len(writes) == 6, writes
    assert not any("FROM links" in sql for sql in asked), "an append reads no references"
    assert sorted(sql.split()[0] for sql in asked if "edges" in sql) == ["INSERT", "SELECT"]
    assert not any("FROM tiles" in sql for sql in asked), "an append reads no tiles"
    assert len(asked) < 14, asked


def test_two_writers_take_turns(store: Store, again: Opener) -> None:
    record(store, NIGHT[:9])
    claim = DRESSED[9]
    stores = [again() for _ in range(4)]

    def write(each: Store) -> None:
        for _ in range(10):
            with each.writing() as writer:
                append_twin(writer, claim, key=None)

    threads = [threading.Thread(target=write, args=(each,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as reader:
        assert reader.size == 9 + 40
    assert check(store) == []


def test_the_first_entry_is_the_opening(store: Store) -> None:
    story, contents = dressed(replace(NIGHT[4], index=0))
    with pytest.raises(AssertionError, match="entry 0 is the opening"), store.writing() as writer:
        writer.append(story, contents)


def test_what_breaks_the_contract_of_append_is_refused(store: Store) -> None:
    record(store, NIGHT[:4])
    story, contents = dressed(NIGHT[4])
    other = {Part.NAME: replace(contents[Part.NAME], value="another")}
    for entry, given, why in (
        (replace(story, index=5), contents, "is the size of the ledger"),
        (story, {**contents, Part.NOTE: contents[Part.NAME]}, "every content is a part"),
        (story, other, "the hash of its contents"),
    ):
        with pytest.raises(AssertionError, match=why), store.writing() as writer:
            writer.append(entry, given)


# Redactions.


def test_what_is_redacted_is_gone_and_nothing_else(store: Store, again: Opener) -> None:
    """The other part of the entry and the order that stand beside it are there; a search finds no word of it."""
    index, part = REDACTED
    record(store, NIGHT[:-1])
    with store.reading() as reader:
        before = answers(reader)
        assert reader.content(index, part) == dressed(NIGHT[index])[1][part]
        assert [(each.index, each.part) for each in reader.search(f"{NIGHT[index].word}-{index}", [part])] == [REDACTED]
    record(store, NIGHT)
    with again().reading() as reader:
        assert reader.content(index, part) is None
        assert list(reader.search(f"{NIGHT[index].word}-{index}", [part])) == []
        assert reader.content(index, Part.QUOTE) == dressed(NIGHT[index])[1][Part.QUOTE]
        assert reader.content(NIGHT[-1].index, Part.NOTE) == dressed(NIGHT[-1])[1][Part.NOTE]
        assert reader.entry(index) == DRESSED[index], "its leaf stands"
        kept = {place: content for place, content in before["contents"].items() if place != REDACTED}
        assert answers(reader)["contents"] == kept | {(NIGHT[-1].index, Part.NOTE): dressed(NIGHT[-1])[1][Part.NOTE]}
    assert check(store) == []


def test_until_it_is_wiped_a_redaction_is_pending(store: Store) -> None:
    with store.writing() as writer:
        append(writer, NIGHT)
    why = "redacted, erasure pending: the bytes may still be on the disk"
    assert [str(problem) for problem in check(store)] == [f"entry {NIGHT[-1].index}: {why}"]
    assert store.wipe() == ""
    assert check(store) == []
    assert store.wipe() == "", "there is nothing to wipe"


def test_what_was_redacted_is_appended_without_its_content(store: Store) -> None:
    """As a restore does: the same ledger as the one that took it away, with nothing to wipe."""
    with store.writing() as writer:
        fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
        for entry, contents in map(dressed, NIGHT):
            writer.append(entry, {each: contents[each] for each in contents if (entry.index, each) != REDACTED})
            fold.step(entry)
    with store.reading() as reader:
        assert answers(reader) == expected(DRESSED)
    assert check(store) == []


def test_a_name_that_is_redacted_finds_nothing_unless_another_entry_gives_it(store: Store, again: Opener) -> None:
    """The claim has a wording of the same words: as long as that is there, it is found by them."""
    book = Book()
    claim = book.claim(book.story())
    wording = book.wording(claim)
    taken, kept = book.redact(wording, "text"), book.redact(claim, "text")
    words = Content("0" * 64, "One was killed")
    with store.writing() as writer:
        for entry in book.entries[:taken]:
            entry, contents = dressed(entry)
            if entry.index in (claim, wording):
                contents = {Part.TEXT: words}
                entry = replace(entry, parts={Part.TEXT: reference_to(words)})
            writer.append(entry, contents)
    for gone, found in ((taken, [claim]), (kept, [])):
        body = book.entries[gone].body
        assert isinstance(body, Redaction)
        with store.writing() as writer:
            writer.append(*dressed(book.entries[gone]))
            writer.redact(gone, body.target, body.part)
            assert writer.named("claim", fold("One was killed")) == found
        with again().reading() as reader:
            assert reader.named("claim", fold("One was killed")) == found
            assert len(list(reader.search("killed"))) == len(found)
        assert store.wipe() == ""
        assert check(store) == []


def test_a_store_that_was_never_begun_can_be_made_again(where: str, store: Store) -> None:
    with Store.create(where) as other:
        record(other, NIGHT)
    with pytest.raises(Rejected, match="there is a ledger here already"):
        Store.create(where)
    with store.reading() as reader:
        assert reader.size == len(NIGHT)


def test_the_id_of_a_log_is_63_bits_of_the_hash_of_its_origin() -> None:
    digest = hashlib.sha256(b"example.org/desk").digest()
    assert log_id_of("example.org/desk") == int.from_bytes(digest[:8]) // 2
    opening = NIGHT[0].body
    assert isinstance(opening, Opening)
    assert opening.origin == "example.org/desk"


# The tree and its checkpoints.


EDGES_OF_TILES = (*range(254, 259), *range(510, 515))


@pytest.mark.parametrize("at_once", [1, 7, 514])
def test_the_root_of_every_prefix_is_that_of_its_leaves(store: Store, again: Opener, at_once: int) -> None:
    """The tree grows by whole transactions, whose ends do not matter."""
    many = night(claims=514 - 28)
    for size in [*range(at_once, len(many), at_once * 25), len(many)]:
        record(store, many[:size])
    with again().reading() as reader:
        hashes = [leaf_hash(reader.leaf(index)) for index in range(len(many))]
    for size in (0, 1, 2, 3, 100, *EDGES_OF_TILES):
        with store.reading(size=size) as reader:
            assert reader.root() == root_of(hashes[:size])
            for index in {0, size // 2, size - 1} if size else ():
                proof = prove_inclusion(reader.nodes(), index, size)
                check_inclusion(proof, index, size, hashes[index], reader.root())
            old = size // 2
            proof = prove_consistency(reader.nodes(), old, size)
            check_consistency(proof, old, size, root_of(hashes[:old]), reader.root())
    assert check(store) == []


def test_a_writer_has_the_root_of_what_it_has_appended(store: Store, again: Opener) -> None:
    many = night(claims=300)
    record(store, many[:254])
    with store.writing() as writer:
        assert writer.root() == root(many[:254])
        for size in (255, 256, 257, 300, len(many)):
            append(writer, many[:size])
            assert writer.root() == root(many[:size])
            writer.keep_checkpoint(size, signed(many, size))
    store.wipe()
    with again().reading() as reader:
        assert reader.root() == root(many)
        assert [size for size, _ in reader.checkpoints()] == [255, 256, 257, 300, len(many)]
    assert check(store, [KEY.verifier]) == []


def test_a_store_without_entries_has_the_empty_root(store: Store) -> None:
    with store.reading() as reader:
        assert reader.root() == EMPTY_ROOT
        assert (list(reader.checkpoints()), reader.last_checkpoint()) == ([], None)
    with store.writing() as writer:
        assert writer.root() == EMPTY_ROOT


def test_checkpoints_are_kept_as_they_are(store: Store, again: Opener) -> None:
    """Two of one size, by two keys; one twice; kept in no order."""
    record(store, NIGHT)
    other = Signer("example.org/desk", b"successor".ljust(32))
    notes = {5: signed(NIGHT, 5), 30: signed(NIGHT, 30), 12: signed(NIGHT, 12)}
    twin = signed(NIGHT, 12, other)
    for size, note in (*notes.items(), (12, twin), (5, notes[5])):
        with again().writing() as writer:
            writer.keep_checkpoint(size, note)
            assert (size, note) in list(writer.checkpoints())
    twelve = [(12, note) for note in sorted((notes[12], twin), key=sha256)]
    with again().reading() as reader:
        assert list(reader.checkpoints()) == [(5, notes[5]), *twelve, (30, notes[30])]
        assert reader.last_checkpoint() == (30, notes[30])
    with store.reading(size=29) as reader:
        assert list(reader.checkpoints()) == [(5, notes[5]), *twelve]
        assert reader.last_checkpoint() == twelve[-1]
    with store.reading(size=4) as reader:
        assert (list(reader.checkpoints()), reader.last_checkpoint()) == ([], None)
    assert check(store, [KEY.verifier, other.verifier]) == []


def test_no_checkpoint_is_kept_of_entries_that_are_not_there(store: Store) -> None:
    record(store, NIGHT[:10])
    for size in (0, 11):
        with pytest.raises(LedgerError, match="nothing is signed of entries that are not there"), store.writing() as w:
            w.keep_checkpoint(size, signed(NIGHT, 10))
    with store.reading() as reader:
        assert list(reader.checkpoints()) == []


@pytest.mark.parametrize("flushed", [False, True])
def test_an_append_that_is_rolled_back_leaves_the_tree_as_it_was(store: Store, again: Opener, flushed: bool) -> None:
    """It would have filled a tile, and have had a checkpoint."""
    many = night(claims=300)
    record(store, many[:250])

    def append_all_and_raise() -> None:
        with store.writing() as writer:
            append(writer, many)
            writer.keep_checkpoint(len(many), signed(many, len(many)))
            if flushed:
                assert writer.root() == root(many)
                writer.finish()
            raise ValueError("given up")

    with pytest.raises(ValueError, match="given up"):
        append_all_and_raise()
    for each in (store, again()):
        with each.reading() as reader:
            assert reader.root() == root(many[:250])
            assert reader.last_checkpoint() is None
        assert check(each) == []
    record(store, many)
    with again().reading() as reader:
        assert reader.root() == root(many)
    assert check(store) == []


def test_an_append_costs_no_more_in_a_long_ledger(store: Store) -> None:
    """Whether it fills a tile or not, it reads the edge alone."""
    many = night(claims=300)
    record(store, many[:1])
    counts = []
    for size in (200, 255, 256, 257):
        record(store, many[: size - 1])
        with statements(store) as asked:
            record(store, many[:size])
        counts.append(len(asked))
        assert not any("FROM tiles" in sql for sql in asked)
    assert max(counts) == counts[2], "that fills a tile"
    assert max(counts) <= counts[0] + 2, "the tile, and the edge that is empty or has one more level"
