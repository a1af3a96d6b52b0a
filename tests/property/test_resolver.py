"""The fifteen properties of the resolver, on random ledgers of both kinds.

Each docstring quotes its property. The ledgers are those of ``tests/strategies.py``; property 15 compares with the
plain reading of the rules in ``tests/oracle.py``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from ledger import resolver
from ledger.model import Authority, Entry, Policy, Retract, Source, Statement, references
from ledger.resolver import Clock, Explanation, Fold, Verdict, explain, replay, resolve, timeline
from ledger.vocabulary import Bucket, State
from tests.comparison import differences, shown
from tests.ledgers import (
    DESK,
    Book,
    claims_of,
    moments,
    of_kind,
    reordered,
    shifted,
    without,
)
from tests.oracle import Reading, grounded
from tests.strategies import World, books, path_books

numbers = st.integers(0, 10**6)


def chosen(choices: list, number: int):
    """One of the choices; an example that has none is not taken."""
    assume(choices)
    return choices[number % len(choices)]


def as_of(entries: list[Entry]) -> list[datetime | None]:
    return [None, *moments(entries)]


def verdicts(entries: list[Entry], said: datetime | None = None) -> dict[int, Verdict]:
    fold = replay(entries, said=said)
    return {claim: resolve(fold, claim) for claim in claims_of(entries)}


def explained(entries: list[Entry], said: datetime | None = None) -> dict[int, Explanation]:
    fold = replay(entries, said=said)
    return {claim: explain(fold, claim) for claim in claims_of(entries)}


def buckets(explanation: Explanation) -> dict[int, Bucket]:
    return {placed.index: placed.bucket for placed in explanation.placed}


def live_statements(book: Book) -> list[int]:
    live = grounded(book.entries)
    return [index for index in of_kind(book.entries, Statement) if index in live]


def swapped(entries: list[Entry], kinds: type, pairs: list[tuple[int, int]]) -> list[int]:
    """An order of the entries in which some of those kinds have changed places, as far as references allow."""
    order = list(range(len(entries)))
    for one, other in pairs:
        found = [
            place
            for place, old in enumerate(order)
            if isinstance(entries[old].body, kinds) and not _is_fixed(entries[old])
        ]
        first, second = sorted((chosen(found, one), chosen(found, other)))
        order[first], order[second] = order[second], order[first]
        place = {old: new for new, old in enumerate(order)}
        if any(place[named] >= place[entry.index] for entry in entries[1:] for _, named in references(entry.body)):
            order[first], order[second] = order[second], order[first]
    return order


def _is_fixed(entry: Entry) -> bool:
    return entry.index == DESK or (isinstance(entry.body, Source) and entry.body.amends is not None)


@given(books(), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8))
def test_1_order_of_statements_and_grants(book: Book, pairs: list[tuple[int, int]]) -> None:
    """The order of same-time statements and grants never matters."""
    entries = [replace(entry, recorded=book.now) for entry in book.entries]
    order = swapped(entries, (Statement, Authority), pairs)
    other = reordered(entries, order)
    place = {old: new for new, old in enumerate(order)}
    for said in as_of(entries):
        before, after = explained(entries, said), explained(other, said)
        for claim, explanation in before.items():
            assert after[claim].verdict == explanation.verdict
            moved = {place[index]: bucket for index, bucket in buckets(explanation).items()}
            assert buckets(after[claim]) == moved


def heard(explanation: Explanation, *, carried: bool) -> dict[int, tuple]:
    return {
        voice.root: (voice.standing, voice.sign, voice.mixed, voice.said) + ((voice.carried,) if carried else ())
        for voice in explanation.voices
    }


@given(books(), numbers)
def test_2_duplicate(book: Book, number: int) -> None:
    """A duplicate of a live statement changes nothing."""
    index = chosen(live_statements(book), number)
    body = book.entries[index].body
    before = list(book.entries)
    book.add(body)
    for said in as_of(before) if body.said else [None]:
        assert verdicts(book.entries, said) == verdicts(before, said)
        one, two = explained(before, said), explained(book.entries, said)
        for claim in one:
            assert heard(one[claim], carried=True) == heard(two[claim], carried=True)
            assert buckets(two[claim]).get(index) == buckets(two[claim]).get(len(before))


@given(books(), numbers, numbers)
def test_2_further_relay(book: Book, number: int, relay: int) -> None:
    """A further relay (same status, same said) at most makes its root carried."""
    index = chosen(live_statements(book), number)
    body = book.entries[index].body
    outlets = [s for s in of_kind(book.entries, Source) if s not in body.chain]
    before = list(book.entries)
    book.add(replace(body, chain=(*body.chain, chosen(outlets, relay))))
    root = Reading(before).body_of(body.speaker)
    for said in as_of(before) if body.said else [None]:
        one, two = explained(before, said), explained(book.entries, said)
        newly_carried = False
        for claim in one:
            assert heard(one[claim], carried=False) == heard(two[claim], carried=False)
            was = {voice.root for voice in one[claim].voices if voice.carried}
            now = {voice.root for voice in two[claim].voices if voice.carried}
            assert was <= now <= was | {root}
            newly_carried |= was != now
        if not newly_carried:
            assert verdicts(book.entries, said) == verdicts(before, said)


@given(books(), numbers, st.integers(1, 3))
def test_3_even_chain_of_retractions(book: Book, number: int, pairs: int) -> None:
    """A chain of retractions of even length is none."""
    world = World()
    world.book = book
    target = chosen(world.retractable(), number)
    before = list(book.entries)
    for _ in range(2 * pairs):
        target = book.retract(target)
    for said in as_of(before):
        assert explained(book.entries, said) == explained(before, said)


@given(books(), numbers)
def test_4_as_of_known_is_the_prefix(book: Book, number: int) -> None:
    """As of K equals resolving that prefix."""
    entries = book.entries
    said = chosen(as_of(entries), number)
    for claim in claims_of(entries):
        changes = timeline(entries, claim, clock=Clock.KNOWN, said=said)
        assert [change.index for change in changes] == sorted({c.index for c in changes})
        for size in range(claim + 1, len(entries) + 1):
            known = [change for change in changes if change.index < size]
            fold = replay(entries[:size], said=said)
            verdict = resolve(fold, claim)
            if resolver.listed(fold, verdict.claim):
                assert shown(known[-1].verdict) == shown(verdict)
            else:
                assert not known or known[-1].verdict is None


@given(books(), numbers)
def test_5_later_entries_never_change_the_past(book: Book, number: int) -> None:
    """Later entries never change a past K."""
    entries = book.entries
    size = chosen(list(range(5, len(entries) + 1)), number)
    fold = Fold()
    for entry in entries[:size]:
        fold.step(entry)
    noted = {claim: explain(fold, claim) for claim in claims_of(entries[:size])}
    for entry in entries[size:]:
        fold.step(entry)
    assert explained(entries[:size]) == noted
    for claim in noted:
        past = timeline(entries[:size], claim, clock=Clock.KNOWN)
        whole = timeline(entries, claim, clock=Clock.KNOWN)
        assert whole[: len(past)] == past
        assert all(change.index >= size for change in whole[len(past) :])


@given(books())
def test_6_one_bucket_each(book: Book) -> None:
    """Each statement is in exactly one bucket per claim that it names."""
    for said in as_of(book.entries):
        reading = Reading(book.entries, said)
        for claim, explanation in explained(book.entries, said).items():
            placed = [each.index for each in explanation.placed]
            naming = [entry.index for entry in reading.naming(reading.folded(claim))]
            assert sorted(placed) == naming


RANK = {State.DENIED: 0, State.DISPUTED: 1, State.UNVERIFIED: 1, State.RETRACTED: 1}


def rank(entries: list[Entry], claim: int, said: datetime | None) -> int:
    """Denied < disputed = unverified < accepted."""
    return RANK.get(resolve(replay(entries, said=said), claim).ruled, 2)


@given(books(), st.data())
def test_7_a_further_voice_for_it_never_lowers(book: Book, data: st.DataObject) -> None:
    """A new root's + never lowers R4's state, denied < disputed = unverified < accepted."""
    claim = data.draw(st.sampled_from(claims_of(book.entries)))
    fresh = [DESK] if Reading(book.entries).voices(claim).get(DESK) is None else []
    kinds = ["agency", "official", "account", "unnamed"]
    source = data.draw(st.sampled_from(fresh + kinds))
    if isinstance(source, str):
        source = book.source(source)
        if data.draw(st.booleans()):
            book.grant(source, claim=claim)
    via = data.draw(st.lists(st.sampled_from(of_kind(book.entries, Source)), max_size=1))
    said = data.draw(st.none() | st.sampled_from([book.now - timedelta(minutes=m) for m in (0, 20)]))
    assume(source not in via)
    before = list(book.entries)
    book.say(claim, data.draw(st.sampled_from(["reported", "confirmed"])), source, via, said)
    for moment in as_of(book.entries):
        assert rank(book.entries, claim, moment) >= rank(before, claim, moment)


def concerns(entries: list[Entry], index: int) -> set[int] | None:
    """What an entry names, a retraction all that its target names too; None for what concerns every claim."""
    body = entries[index].body
    named = {other for _, other in references(body)}
    if isinstance(body, Policy):
        return None
    if isinstance(body, Retract):
        beneath = concerns(entries, body.target)
        return None if beneath is None else named | beneath
    return named


def surroundings(reading: Reading, claim: int) -> set[int]:
    """The claim, what is folded with it, their stories, and the sources that spoke or relayed, with their bodies."""
    family = {c for c in claims_of(reading.entries) if reading.folded(c) == reading.folded(claim)}
    found = family | {reading.by_index[each].body.story for each in family}
    for entry in reading.naming(reading.folded(claim)):
        found.update(entry.body.chain)
        found.update(reading.body_of(source) for source in entry.body.chain)
    return found


@given(books())
def test_8_what_does_not_concern_a_claim(book: Book) -> None:
    """An entry that names neither the claim, nor its story, nor its sources changes nothing, paths aside.

    A change of policy concerns every claim, and a retraction what its target names.
    """
    fold, entries = Fold(), book.entries
    for entry in entries:
        noted = {claim: own(fold, claim) for claim in claims_of(entries[: entry.index])}
        reading = Reading(entries[: entry.index])
        fold.step(entry)
        named = concerns(entries, entry.index)
        for claim, before in noted.items():
            if named is not None and not named & surroundings(reading, claim):
                assert own(fold, claim) == before


def own(fold: Fold, claim: int) -> tuple:
    """All that is said of a claim but where it leads."""
    explanation = explain(fold, claim)
    verdict = explanation.verdict
    return (
        (verdict.claim, verdict.ruled, verdict.row, verdict.computed, verdict.computed_row),
        (verdict.held, explanation.placed, explanation.voices),
    )


@given(books())
def test_9_what_counted_is_enough(book: Book) -> None:
    """Replaying only what counted on that claim gives the same row's state.

    Except ``retracted``, which rests on what is gone. What carries a voice counts with it.
    """
    statements = set(of_kind(book.entries, Statement))
    for said in as_of(book.entries):
        for claim, explanation in explained(book.entries, said).items():
            placed = buckets(explanation)
            counted = {index for index in placed if placed[index] is Bucket.COUNTED}
            for voice in explanation.voices:
                if counted & set(voice.speaking):
                    counted.update(voice.carriers)
            rest = without(book.entries, statements - counted)
            again = resolve(replay(rest, said=said), claim).ruled
            if explanation.verdict.ruled is State.RETRACTED:
                assert again is State.UNVERIFIED
            else:
                assert again is explanation.verdict.ruled


@given(path_books())
def test_10_paths_end(book: Book) -> None:
    """Paths end."""
    for said in as_of(book.entries):
        found = verdicts(book.entries, said)
        for claim, verdict in found.items():
            walk = (verdict.claim, *verdict.path)
            assert len(set(walk)) == len(walk)
            assert verdict.successor == (verdict.path[-1] if verdict.path else None)
            for step, following in pairwise(walk):
                assert found[step].edge.holds
                assert found[step].first_target == found[step].edge.to == following
            assert not (found[walk[-1]].edge and found[walk[-1]].edge.holds), claim


@given(st.lists(numbers, max_size=12))
def test_11_live_is_the_grounded_extension(targets: list[int]) -> None:
    """Live equals the grounded extension."""
    book = Book()
    story = book.story()
    agency, ministry = book.source("agency"), book.source("official")
    claim, other = book.claim(story), book.claim(story)
    acts = [book.say(claim, "denied", agency), book.grant(ministry, claim=other)]
    book.say(other, "reported", ministry)
    for target in targets:
        acts.append(book.retract(chosen(acts, target)))
    live = grounded(book.entries)
    fold = replay(book.entries)
    assert (buckets(explain(fold, claim))[acts[0]] is not Bucket.RETRACTED) == (acts[0] in live)
    assert (resolve(fold, other).state is State.CONFIRMED) == (acts[1] in live)


@given(books(), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6))
def test_12_renaming_sources(book: Book, pairs: list[tuple[int, int]]) -> None:
    """Renaming sources changes nothing."""
    order = swapped(book.entries, Source, pairs)
    other = reordered(book.entries, order)
    for said in as_of(book.entries):
        before, after = explained(book.entries, said), explained(other, said)
        for claim, explanation in before.items():
            assert after[claim].verdict == explanation.verdict
            assert buckets(after[claim]) == buckets(explanation)
            assert sorted(heard(after[claim], carried=True).values(), key=repr) == sorted(
                heard(explanation, carried=True).values(), key=repr
            )


@given(books(), st.integers(-(10**7), 10**7))
def test_12_shifting_all_times(book: Book, seconds: int) -> None:
    """Shifting all times changes nothing."""
    by = timedelta(seconds=seconds)
    other = shifted(book.entries, by)
    for said in as_of(book.entries):
        moved = said and said + by
        before, after = explained(book.entries, said), explained(other, moved)
        for claim, explanation in before.items():
            assert after[claim].verdict == explanation.verdict
            assert after[claim].placed == explanation.placed


@given(books(), numbers)
def test_13_retraction_on_both_clocks(book: Book, number: int) -> None:
    """A desk retraction is retroactive in T and not in K."""
    target = chosen(live_statements(book), number)
    before = list(book.entries)
    book.retract(target)
    never = without(book.entries, {target})
    for said in as_of(before):
        assert verdicts(book.entries, said) == verdicts(never, said)
    for claim in claims_of(before):
        past = timeline(before, claim, clock=Clock.KNOWN)
        assert timeline(book.entries, claim, clock=Clock.KNOWN)[: len(past)] == past
    naming = [each for each in explained(before).values() if target in buckets(each)]
    assert naming
    assert all(buckets(each)[target] is not Bucket.RETRACTED for each in naming)


@given(books(), st.data())
def test_14_stale_relay(book: Book, data: st.DataObject) -> None:
    """A stale relay never changes a dated voice."""
    dated = [index for index in live_statements(book) if book.entries[index].body.said]
    assume(dated)
    body = book.entries[data.draw(st.sampled_from(dated))].body
    reading = Reading(book.entries)
    claim, root = reading.folded(body.claim), reading.body_of(body.speaker)
    said = reading.voices(claim)[root].said
    kin = [s for s in of_kind(book.entries, Source) if reading.body_of(s) == root]
    speaker = data.draw(st.sampled_from(kin))
    via = data.draw(st.sampled_from([s for s in of_kind(book.entries, Source) if s != speaker]))
    status = data.draw(st.sampled_from(["reported", "denied", "unconfirmed"]))
    stale = data.draw(st.none() | st.sampled_from([said - timedelta(minutes=m) for m in (1, 30)]))
    before = {v.root: v for v in explained(book.entries)[claim].voices}[root]
    relay = book.say(body.claim, status, speaker, via, stale)
    explanation = explained(book.entries)[claim]
    after = {v.root: v for v in explanation.voices}[root]
    assert (after.sign, after.mixed, after.said) == (before.sign, before.mixed, before.said)
    assert after.speaking == before.speaking
    assert buckets(explanation)[relay] is Bucket.OVERTAKEN


@given(books(), numbers)
def test_15_step_by_step_equals_all_at_once(book: Book, number: int) -> None:
    """Step by step equals all at once: registers, verdicts, and the plain reading of the rules, for every prefix."""
    said = chosen(as_of(book.entries), number)
    fold = Fold(said=said)
    for size, entry in enumerate(book.entries, start=1):
        before = registers(fold)
        touched = fold.step(entry)
        assert changed(before, registers(fold)) <= touched
        if size <= 5:
            continue
        again = replay(book.entries[:size], said=said)
        assert registers(again) == registers(fold)
        assert not list(differences(resolver, fold, book.entries[:size], said))
    stepped = registers(fold)
    for claim in claims_of(book.entries):
        fold.refold(claim)
        assert registers(fold) == stepped


@given(books())
def test_15_every_moment(book: Book) -> None:
    """Step by step equals all at once, as of the moments at which something was said."""
    for said in as_of(book.entries):
        fold = replay(book.entries, said=said)
        assert not list(differences(resolver, fold, book.entries, said))


def registers(fold: Fold) -> tuple[dict, dict]:
    return dict(fold.voices), dict(fold.tallies)


def changed(before: tuple[dict, dict], after: tuple[dict, dict]) -> set[int]:
    """The claims whose registers are not what they were."""
    voices = {key[0] for key in before[0].keys() | after[0].keys() if before[0].get(key) != after[0].get(key)}
    return voices | {key for key in before[1].keys() | after[1].keys() if before[1].get(key) != after[1].get(key)}
