"""Sites of known ledgers, the same bytes every time, and what a browser would make of their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.book import Ledger
from ledger.encoding import reference_to
from ledger.formats.rows import Row, read_rows
from ledger.model import Body, Claim, Content, Document, Entry, Evidence, Redaction, Source, Statement, Story, Wording
from ledger.publish import Key, Look, new_key, publish
from ledger.resolver import Fold
from ledger.store import Store
from ledger.times import Moment
from ledger.vocabulary import Part, Precision, SourceKind, Status, Visibility
from tests.ledgers import Book
from tests.newsroom import PARIS, Clock, counted
from tests.publications import SEED
from tests.shell import ROOT

LOOK = Look("The desk of the Gazette", "https://gazette.example/claims", "CC-BY-4.0")
HOSTILE = '<script>alert(1)</script> "&quot;" \'--><b>'
ARABIC = "قُتل شرطي ثانٍ في شارع الشانزليزيه، بحسب مصدر في الشرطة"
HEBREW = "שוטר שני נהרג בשדרות שאנז אליזה (רויטרס)"
LONG = "A very long claim indeed, " * 76 + "and its end"
Words = dict[Part, str | Document]


def seed_ledger(folder: Path) -> tuple[Ledger, Key]:
    """The seed story, recorded at half past midnight, and its key."""
    ledger = Ledger.create(
        folder / "claims.db",
        origin="gazette.example/desk",
        zone="Europe/Paris",
        recorder="Ana",
        clock=Clock(datetime(2017, 4, 20, 22, 30, tzinfo=UTC)),
        salt=counted(),
    )
    for path in sorted((ROOT / "seeds").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(read_rows(lines, zone=PARIS, now=datetime(2017, 4, 20, 22, 30, tzinfo=UTC)))
        ledger.load([row for row in rows if isinstance(row, Row)])
    return ledger, new_key(folder / "keys", ledger.origin, SEED)


def seed_site(folder: Path) -> Path:
    """The seed story published with a site."""
    ledger, key = seed_ledger(folder)
    with ledger:
        publish(ledger.store, key, folder / "pub", site=LOOK)
    return folder / "pub"


class Told(Book):
    """A book whose entries say what the test gives them, whether the rules would take it or not."""

    def __init__(self) -> None:
        self.words: dict[int, Words] = {}
        super().__init__()
        for index, name in ((1, "Ana"), (2, "desk")):
            self.words[index] = {Part.NAME: name}

    def tell(self, body: Body, **words: str | Document) -> int:
        """Append an entry with these words."""
        index = self.add(body)
        self.words[index] = {Part(name): value for name, value in words.items()}
        return index

    def titled(self, name: str) -> int:
        return self.tell(Story(), name=name)

    def voice(self, name: str, kind: SourceKind = SourceKind.AGENCY) -> int:
        return self.tell(Source(kind), name=name)

    def opened(self, story: int, text: str) -> int:
        return self.tell(Claim(story), text=text)

    def translated(self, claim: int, text: str, lang: str | None) -> int:
        return self.tell(Wording(claim, lang), text=text)

    def spoken(self, claim: int, by: int, status: str = "reported", to: int | None = None, **words: str) -> int:
        """A statement said ten minutes after the last entry."""
        self.now += timedelta(minutes=10)
        moment = Moment(self.now, Precision.MINUTE)
        return self.tell(Statement(claim, Status(status), (by,), moment, to), **words)

    def published(self, folder: Path, internal: frozenset[tuple[int, Part]] = frozenset()) -> Path:
        """Record all of it, and publish it with a site."""
        with Store.create(folder / "claims.db") as store:
            record_words(store, self.entries, self.words, internal)
            publish(store, new_key(folder / "keys", "example.org/desk", SEED), folder / "pub", site=LOOK)
        return folder / "pub"


def hostile_site(folder: Path) -> Path:
    """A story of every text that has ever broken a page, and a name that is one."""
    book = Told()
    story, other = book.titled("élysée-北京-٢٠١٧"), book.titled("z" * 200)
    agency, script = book.voice("AFP"), book.voice(HOSTILE)
    first = book.opened(story, HOSTILE)
    claims = [first, *(book.opened(story, text) for text in (ARABIC, HEBREW, LONG, "w" * 500, "👩‍👩‍👧 " * 50))]
    for claim in claims:
        said = book.spoken(claim, agency, quote=HOSTILE, note=ARABIC, url="reuters.com/a?b=c&d=[e]#f#g")
        book.spoken(claim, script, "denied", note=LONG, url='https://例え.jp/"><script>')
    book.spoken(first, agency, "corrected", to=claims[1])
    book.translated(first, ARABIC, "ar")
    book.translated(first, HEBREW, "he")
    book.translated(first, "Ein anderer Wortlaut", None)
    for url in ("javascript:alert(1)", "//evil.example", "https://u:p@host.example/", "https://ok.example/%zz", "x y"):
        book.tell(Evidence(said), evidence=Document(url=url))
    copy = Document("https://ok.example/doc", "https://archive.example/doc", "ab" * 32, 12_345, "application/pdf")
    book.tell(Evidence(first), evidence=copy)
    book.opened(other, "nobody has said anything on it")
    same = book.opened(story, "The same as the first")
    book.spoken(same, agency)
    book.same(same, first)
    return book.published(folder)


def record_words(
    store: Store, entries: list[Entry], words: dict[int, Words], internal: frozenset[tuple[int, Part]]
) -> None:
    """Append entries with what they say, of which some is internal."""
    dressed = []
    for entry in entries:
        contents = {part: Content(f"{entry.index:064x}", value) for part, value in words.get(entry.index, {}).items()}
        refs = {
            part: replace(reference_to(content), visibility=_visibility((entry.index, part) in internal))
            for part, content in contents.items()
        }
        dressed.append((replace(entry, parts=refs), contents))
    record_dressed(store, dressed)


def _visibility(internal: bool) -> Visibility:
    return Visibility.INTERNAL if internal else Visibility.PUBLIC


def record_dressed(store: Store, dressed: Iterable[tuple[Entry, Mapping[Part, Content]]]) -> None:
    """Append entries with their contents, whether the rules would take them or not; what they redact goes."""
    with store.writing() as writer:
        fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
        for entry, contents in dressed:
            writer.append(entry, contents)
            fold.step(entry)
            if isinstance(entry.body, Redaction):
                writer.redact(entry.index, entry.body.target, entry.body.part)
    store.wipe()


@dataclass
class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    path: Path
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.text += " " if tag in ("dt", "dd", "th", "td", "li", "p") else ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> Iterator[str]:
        """Every address that the page names."""
        for _, attributes in self.elements:
            yield from (attributes[name] for name in ("href", "src", "action", "data") if name in attributes)

    def target(self, link: str) -> Path:
        """The file that a link within the site leads to."""
        path = unquote(urlsplit(link).path)
        return (self.path.parent / path).resolve() if path else self.path


def pages(folder: Path) -> list[Page]:
    """Every page of a site."""
    return [Page(path) for path in sorted(folder.rglob("*.html"))]


def inside(link: str) -> bool:
    """Whether a link stays on the site."""
    return not urlsplit(link).scheme and not urlsplit(link).netloc
