"""The table `articles`: how a reading is merged with the stored row, its versions and authors."""

from pathlib import Path
from typing import Any

import pytest

from nkcrawl.archive import Archive
from nkcrawl.archive.articles import Articles
from nkcrawl.items import Link
from tests.conftest import NOW, Clock, execute, page_row
from tests.conftest import rows as read
from tests.factories import ANN, SITE, STORY, failure, listing, row, store, unchanged, visited


def stored_article(path: Path) -> dict[str, Any]:
    [article] = read(path, "SELECT * FROM articles")
    return article


def versions(path: Path) -> list[dict[str, Any]]:
    return read(path, "SELECT * FROM article_versions ORDER BY id")


def test_new_article_whole(archive: Archive, archive_file: Path) -> None:
    authors = [ANN, ("bob", "Bob Ray"), ("ann", "Ann")]
    links = [
        Link(f"{SITE}/2025/05/older/", "article"),
        Link(f"{SITE}/content_author/ann/", "author"),
        Link(STORY, "article"),
    ]
    assert store(archive, label="", note="", authors=authors, links=links) == "new"
    stored = stored_article(archive_file)
    assert len(stored.pop("content_hash")) == 64
    assert stored == row() | {
        "id": 1,
        "label": None,
        "access_evidence": '["meta: free"]',
        "word_count": 6,
        "run_id": 1,
        "first_seen_at": NOW,
        "checked_at": NOW,
        "changed_at": NOW,
        "gone_at": None,
    }
    assert versions(archive_file) == []
    assert read(archive_file, "SELECT * FROM authors") == [
        {"id": 1, "slug": "ann", "name": "Ann Lee", "bio": None, "newest_url": STORY},
        {"id": 2, "slug": "bob", "name": "Bob Ray", "bio": None, "newest_url": STORY},
    ]
    assert read(archive_file, "SELECT * FROM article_list") == [
        {
            "id": 1,
            "published_on": "2025-06-20",
            "title": "Rice prices rise",
            "authors": "Ann Lee, Bob Ray",
            "label": None,
            "access": "free",
            "word_count": 6,
            "url": STORY,
        }
    ]
    link = {"found_on": STORY, "found_at": NOW, "fetched_at": None, "status": None, "etag": None}
    link |= {"last_modified": None, "failures": 0, "due_at": NOW, "last_error": None}
    assert read(archive_file, "SELECT * FROM pages") == [
        {
            "url": STORY,
            "kind": "article",
            "found_on": None,
            "found_at": NOW,
            "fetched_at": NOW,
            "status": 200,
            "etag": '"1"',
            "last_modified": "yesterday",
            "failures": 0,
            "due_at": "2025-06-21T01:00:00Z",
            "last_error": None,
        },
        {"url": f"{SITE}/2025/05/older/", "kind": "article"} | link,
        {"url": f"{SITE}/content_author/ann/", "kind": "author"} | link,
    ]


def test_change_keeps_a_version_and_search_follows(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    store(archive)
    before = stored_article(archive_file)
    later = clock.advance(days=1)
    assert (
        store(archive, title="Corn prices", body="Corn.", label=None, run_id=2, extractor_version=2)
        == "changed"
    )
    after = stored_article(archive_file)
    assert after["content_hash"] != before["content_hash"]
    assert after == before | {
        "title": "Corn prices",
        "body": "Corn.",
        "word_count": 1,
        "content_hash": after["content_hash"],
        "extractor_version": 2,
        "checked_at": later,
        "changed_at": later,
    }
    unversioned = (
        "url",
        "extractor_version",
        "first_seen_at",
        "checked_at",
        "changed_at",
        "gone_at",
    )
    kept = {column: value for column, value in before.items() if column not in unversioned}
    assert versions(archive_file) == [
        kept | {"id": 1, "article_id": 1, "run_id": 2, "seen_at": later}
    ]
    for word, hits in (("corn", 1), ("rice", 0), ("traders", 1)):
        assert (
            len(
                read(
                    archive_file, "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", word
                )
            )
            == hits
        )


def numbers(path: Path) -> dict[str, int]:
    """Return the id of each article, after checking that the search finds it under that id."""
    ids = {row["url"]: row["id"] for row in read(path, "SELECT url, id FROM articles ORDER BY id")}
    for url, number in ids.items():
        word = url.rstrip("/").rpartition("/")[2]
        assert read(path, "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", word) == [
            {"rowid": number}
        ]
    return ids


@pytest.mark.fault("S14")
def test_the_id_of_an_article_never_changes(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    for word in ("tea", "ferry", "coal", "harbour"):
        store(archive, url=f"{SITE}/2025/06/{word}/", title=word)
    before = numbers(archive_file)
    assert list(before.values()) == [1, 2, 3, 4]
    url = f"{SITE}/2025/06/ferry/"
    seen: list[dict[str, Any]] = [
        {"body": "New words."},
        {"subtitle": "New"},
        {"access": "teaser"},
        {"body": ""},
        {},
    ]
    for changes in seen:
        clock.advance(hours=1)
        store(archive, **({"url": url, "title": "ferry"} | changes))
        assert numbers(archive_file) == before
    archive.store(failure(url, "HTTP 404"), 1)
    store(archive, url=url, title="ferry", visit=visited(f"{SITE}/2025/06/alias/"))
    archive.begin_run({}, {})
    assert numbers(archive_file) == before


@pytest.mark.fault("S16")
def test_vacuum_changes_no_id_and_no_order(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    for word in ("tea", "ferry", "coal", "harbour"):
        store(archive, url=f"{SITE}/2025/06/{word}/", title=word)
    archive.add_links([Link(f"{SITE}/content_author/{name}/", "author") for name in "zba"])
    execute(
        archive_file,
        "DELETE FROM article_authors WHERE article_id = 2",
        "DELETE FROM articles WHERE id = 2",
    )  # a gap
    clock.advance(days=2)
    before, due = numbers(archive_file), list(archive.due())
    execute(archive_file, "VACUUM")
    assert (
        numbers(archive_file)
        == before
        == {f"{SITE}/2025/06/{word}/": n for word, n in [("tea", 1), ("coal", 3), ("harbour", 4)]}
    )
    assert list(archive.due()) == due
    assert len(due) == 7


def test_unchanged_and_changed_unread(archive: Archive, archive_file: Path, clock: Clock) -> None:
    store(archive)
    before = stored_article(archive_file)
    later = clock.advance(days=1)
    assert store(archive, extractor_version=2) == "unchanged"
    assert stored_article(archive_file) == before | {"checked_at": later, "extractor_version": 2}
    assert versions(archive_file) == []
    latest = clock.advance(days=1)
    assert store(archive, modified_at="2025-06-21T00:00:00Z") == "changed"
    assert stored_article(archive_file) == before | {
        "checked_at": latest,
        "modified_at": "2025-06-21T00:00:00Z",
    }
    assert len(versions(archive_file)) == 1


@pytest.mark.fault("S13")
def test_empty_never_replaces(archive: Archive, archive_file: Path) -> None:
    store(archive, note="Sponsored", modified_at=NOW)
    before = stored_article(archive_file)
    empty = {
        column: None for column in row() if column not in ("url", "access", "extractor_version")
    }
    assert store(archive, **empty) == "unchanged"
    assert store(archive, **empty | {"title": "", "body": "", "access_evidence": []}) == "unchanged"
    assert store(archive, **empty | {"access": "unknown"}) == "unchanged"
    assert stored_article(archive_file) == before


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (("free", "long text"), ("teaser", "long"), "first"),
        (("unknown", "long text"), ("teaser", "long"), "first"),
        (("free", "same"), ("teaser", "same"), "first"),
        (("unknown", "same"), ("teaser", "same"), "second"),
        (("teaser", "old"), ("teaser", "new"), "second"),
        (("teaser", "old"), ("free", "new and long"), "second"),
        (("free", "long text"), ("free", "short"), "second"),
        (("free", ""), ("teaser", "lead"), "second"),
        (("free", "text"), ("unknown", ""), "first"),
        (("teaser", "text"), ("free", ""), "first"),
    ],
)
@pytest.mark.fault("S13")
def test_teaser_never_replaces_a_full_body(
    archive: Archive,
    archive_file: Path,
    first: tuple[str, str],
    second: tuple[str, str],
    stays: str,
) -> None:
    store(archive, access=first[0], body=first[1], access_evidence=["first"])
    outcome = store(archive, access=second[0], body=second[1], access_evidence=["second"])
    stored = stored_article(archive_file)
    access, body = first if stays == "first" else second
    assert (stored["access"], stored["body"], stored["access_evidence"]) == (
        access,
        body,
        f'["{stays}"]',
    )
    assert stored["word_count"] == len(body.split())
    assert outcome == ("unchanged" if stays == "first" else "changed")


def test_gone_and_back(archive: Archive, archive_file: Path, clock: Clock) -> None:
    store(archive)
    before = stored_article(archive_file)
    gone = clock.advance(days=1)
    archive.store(failure(STORY, "HTTP 404"), 1)
    assert stored_article(archive_file) == before | {"gone_at": gone}
    assert page_row(archive_file, STORY) | {
        "due_at": None,
        "failures": 1,
        "fetched_at": gone,
    } == page_row(archive_file, STORY)
    clock.advance(days=1)
    archive.store(failure(STORY, "HTTP 410"), 1)
    assert stored_article(archive_file)["gone_at"] == gone
    back = clock.advance(days=1)
    assert store(archive) == "unchanged"
    assert stored_article(archive_file) == before | {"checked_at": back}
    assert page_row(archive_file, STORY)["failures"] == 0


def test_byline_changes(archive: Archive, archive_file: Path) -> None:
    def byline(*authors: tuple[str, str]) -> tuple[list[tuple[Any, ...]], str | None]:
        store(archive, authors=authors)
        rows = read(
            archive_file,
            "SELECT slug, position FROM article_authors JOIN authors ON authors.id = author_id",
        )
        return sorted(tuple(row.values()) for row in rows), read(
            archive_file, "SELECT * FROM article_list"
        )[0]["authors"]

    ann, bob = ("ann", "Ann"), ("bob", "Bob")
    assert byline() == ([], None)
    assert byline(ann, bob) == ([("ann", 1), ("bob", 2)], "Ann, Bob")
    assert byline(bob, ann) == ([("ann", 2), ("bob", 1)], "Bob, Ann")
    assert byline(("bob", "Bobby")) == ([("ann", None), ("bob", 1)], "Bobby")
    assert byline() == ([("ann", None), ("bob", 1)], "Bobby")
    assert byline(("bob", ""), ("nameless", "")) == (
        [("ann", None), ("bob", 1), ("nameless", 2)],
        "Bobby, nameless",
    )


def test_the_newest_article_of_an_author_is_known_in_whatever_order_they_were_stored(
    archive: Archive,
) -> None:
    for month in ("2025/05", "2025/06", "2019/12"):
        store(archive, url=f"{SITE}/{month}/story/")
    assert Articles(archive._conn, Clock()).newest_by("ann") == [f"{SITE}/2025/06/story/"]
    assert Articles(archive._conn, Clock()).newest_by("bob") == []


def test_author_of_a_listing(archive: Archive, archive_file: Path) -> None:
    archive.store(listing(f"{SITE}/content_author/ann/"), 1)
    archive.store(listing(f"{SITE}/content_author/ann/", name=None, bio=""), 1)
    ann = {"id": 1, "slug": "ann", "name": "Ann Lee", "bio": "Writes.", "newest_url": None}
    assert read(archive_file, "SELECT * FROM authors") == [ann]


@pytest.mark.fault("N6")
def test_unchanged_article(archive: Archive, archive_file: Path, clock: Clock) -> None:
    store(archive)
    archive.store(failure(STORY, "HTTP 404"), 1)
    before = stored_article(archive_file)
    later = clock.advance(days=2)
    archive.store(unchanged(etag=None), 1)
    assert stored_article(archive_file) == before | {"checked_at": later, "gone_at": None}
    page = page_row(archive_file, STORY)
    assert (page["status"], page["fetched_at"], page["etag"], page["failures"]) == (
        304,
        later,
        '"1"',
        0,
    )
    assert page["due_at"] == "2025-06-27T01:00:00Z"
    clock.advance(days=6)
    archive.store(unchanged(), 1)
    assert page_row(archive_file, STORY)["due_at"] is None
