"""Publications with a site killed with -9 before every single change that they make to a file or a folder.

After each kill the log verifies, every page that is there is whole, and publishing again, without a word of the site,
brings the folder to what an undisturbed publication makes of it; of a claim that is held by then nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.publish import Look, load_key, new_key, publish
from ledger.store import Store
from tests.attacks.test_crashes import Killer
from tests.ledgers import Book
from tests.publications import ORIGIN, SEED, Auditor, files
from tests.shell import Shell
from tests.stored import record

LOOK = Look("The Gazette")


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    killer = Killer()
    yield killer
    with killer.process as process:
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "scene").mkdir()
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "scene" / "keys"))
    return Shell(tmp_path / "scene", monkeypatch)


def recorded(folder: Path) -> Path:
    """A site of two claims, of which one is held since, and a third that is new."""
    folder.mkdir()
    book = Book()
    story, agency = book.story(), book.source("agency")
    claims = [book.claim(story) for _ in range(3)]
    for claim in claims[:2]:
        book.say(claim, "reported", agency)
    before = len(book.entries)
    book.hold(claims[0])
    book.say(claims[2], "denied", agency)
    key = new_key(folder / "keys", ORIGIN, SEED)
    with Store.create(folder / "claims.db") as store:
        record(store, book.entries[:before])
        publish(store, key, folder / "pub", site=LOOK)
        record(store, book.entries)
    return folder


def undisturbed(original: Path, folder: Path, *, remove: bool) -> dict[str, bytes]:
    import shutil

    shutil.copytree(original, folder)
    with Store.open(folder / "claims.db") as store:
        publish(store, load_key(folder / "keys", ORIGIN), folder / "pub", remove_site=remove)
    return files(folder / "pub")


@pytest.mark.parametrize("option", ["--site", "--no-site"])
def test_a_publication_that_is_killed_anywhere(killer: Killer, scene: Shell, tmp_path: Path, option: str) -> None:
    original = recorded(tmp_path / "original")
    whole = {**files(original / "pub")}
    held = b"Claim number 6."
    expected = undisturbed(original, tmp_path / "undisturbed", remove=option == "--no-site")
    assert held in whole["claim/6.html"]
    assert held not in b"".join(expected.values())
    killed = 0
    for _ in killer.strikes(original, scene.folder, "publish", "pub", option):
        killed += 1
        Auditor(scene).passes()
        for name, data in files(scene.folder / "pub").items():
            if name.endswith(".html") and not Path(name).name.startswith("."):
                assert data.endswith(b"</html>\n"), name
        again = ("--no-site",) if option == "--no-site" else ()
        scene.ok("publish", "pub", *again)
        assert files(scene.folder / "pub") == expected
    assert killed > 20
