"""What each table, view and column of the archive means: told here once, shown in the README and in
the browser.

The README and docs/schema.md hold these words as `python -m nkcrawl.archive.meanings` prints them.
"""

TABLES: dict[str, str] = {
    "articles": "one row an article, as it was seen last",
    "authors": "everybody who has an author page or stands in a byline",
    "article_authors": "who wrote what",
    "article_versions": "each article as it was before a change",
    "pages": "every URL ever met, and when it is visited again",
    "rejects": "pages that looked like an article and were not kept, and why",
    "runs": "each run of the crawl",
    "articles_fts": "full-text search over title, subtitle and body (FTS5)",
    "article_list": "view: articles for reading",
    "author_activity": "view: one row an author in a byline, and what is stored of theirs",
    "changed_articles": "view: one row a change, before and after",
    "run_list": "view: one row a run, its counts as columns",
}

_ID = "SQLite's number of the row"
_WORDS = "how many words the body has"
_ACCESS = "free, teaser (cut off by the paywall) or unknown"
_URL = "the article's one address: no query, no fragment, a final slash"
_ARTICLE = {
    "title": "headline",
    "subtitle": "line below the headline",
    "label": "section or series above the headline, as News or Opinion",
    "byline": "names as the page shows them",
    "published_on": "day of publication in Seoul, YYYY-MM-DD; never the day of the visit",
    "published_at": "moment of publication, where the page states it",
    "modified_at": "moment of the last change by the site, where the page states it",
    "body": "public text, paragraphs parted by a blank line; empty is possible",
    "note": "stock note that is not the author's: a disclaimer, a correction",
    "access": _ACCESS,
    "access_evidence": "signs that spoke for and against a paywall, a JSON list",
    "word_count": _WORDS,
    "image_url": "the picture above the text",
    "image_caption": "its caption",
    "image_credit": "whose picture it is",
    "language": "en, ko: the language that the page states",
    "content_hash": "changes when a word changes that a reader sees",
}

COLUMNS: dict[str, dict[str, str]] = {
    "articles": {
        "id": _ID,
        "url": _URL,
        **_ARTICLE,
        "extractor_version": "which version of nkcrawl's reader read it",
        "run_id": "the run that stored it first",
        "first_seen_at": "when it was stored first",
        "checked_at": "when it was last seen on the site",
        "changed_at": "when a change of its words was last seen",
        "gone_at": "since when the site answers that there is no such page",
    },
    "authors": {
        "id": _ID,
        "slug": "the author's name in the address of their page: the identity",
        "name": "as shown",
        "bio": "what their page says of them",
        "newest_url": "their newest article stored, by the month in its address",
    },
    "article_authors": {
        "article_id": "the article",
        "author_id": "the author",
        "position": "place in the byline, from 1; NULL for somebody no longer in it",
    },
    "article_versions": {
        "id": _ID,
        "article_id": "the article",
        "run_id": "the run that saw the change",
        "seen_at": "when the change was seen",
        **_ARTICLE,
    },
    "pages": {
        "url": "the page's address",
        "kind": "article, author (a listing of an author's articles) or feed",
        "found_on": "the page that led to it",
        "found_at": "when it was met",
        "fetched_at": "when it last answered",
        "status": "with which HTTP status",
        "etag": "its ETag then",
        "last_modified": "its Last-Modified then",
        "failures": "visits in a row that gave nothing",
        "due_at": "when it is visited again; NULL is never",
        "last_error": "why its last visit failed",
    },
    "rejects": {
        "id": _ID,
        "url": "the page's address",
        "run_id": "the run that met it",
        "seen_at": "when",
        "reason": "why it was not kept, in a few fixed words",
        "detail": "what was seen",
    },
    "runs": {
        "id": _ID,
        "started_at": "when it began",
        "finished_at": "when it ended; NULL while it runs, or if it was killed",
        "verdict": "ok, failed, usage, changed, refused, later or interrupted; NULL while it runs",
        "exit_code": "what the process ended with",
        "finish_reason": "Scrapy's reason for the end",
        "summary": "one sentence on how it went",
        "stats": "counts, a JSON object",
        "args": "what was given with -a, a JSON object",
        "versions": "of nkcrawl, its packages, Python and SQLite, a JSON object",
    },
    "articles_fts": {name: _ARTICLE[name] for name in ("title", "subtitle", "body")},
    "article_list": {
        "id": "`articles.id`",
        "published_on": _ARTICLE["published_on"],
        "title": _ARTICLE["title"],
        "authors": "the byline's authors in order, as 'A, B'",
        "label": _ARTICLE["label"],
        "access": _ACCESS,
        "word_count": _WORDS,
        "url": _URL,
    },
    "author_activity": {
        "slug": "the author's name in the address of their page",
        "name": "as shown",
        "articles": "articles stored with them in the byline",
        "free": "free ones among them",
        "teasers": "teasers among them",
        "words": "words stored of these articles",
        "first_published_on": "day of the oldest of them",
        "last_published_on": "day of the newest of them",
    },
    "changed_articles": {
        "id": "`articles.id`",
        "seen_at": "when the change was seen",
        "published_on": "day of publication in Seoul",
        "title_before": "headline before",
        "title_after": "headline after",
        "access_before": "access before",
        "access_after": "access after",
        "words_before": "words of the body before",
        "words_after": "words of the body after",
        "text_changed": "1 if a word changed that a reader sees, 0 if only what stands behind the page did",
        "url": _URL,
    },
    "run_list": {
        "id": "`runs.id`",
        "started_at": "when it began",
        "minutes": "how long it took",
        "verdict": "as in `runs`, or running: it runs, or was killed and nobody has noticed yet",
        "requests": "requests made, robots.txt included",
        "new": "articles stored for the first time",
        "changed": "articles of which something had changed",
        "unchanged": "articles that were as they were",
        "rejected": "pages not kept as articles",
        "failed": "pages that gave nothing",
        "summary": "one sentence on how it went",
    },
}


def as_markdown(table: str) -> str:
    """Return the columns of a table and what they mean, as a table in Markdown."""
    return "".join(
        [
            "| column | |\n|---|---|\n",
            *(f"| `{name}` | {words} |\n" for name, words in COLUMNS[table].items()),
        ]
    )


def document() -> str:
    """Return docs/schema.md."""
    head = """# What is in the file

Every table, view and column of the archive. Moments are UTC (`2025-06-20T03:15:00Z`), dates are days in Seoul; what a page
does not say is `NULL`.
"""
    parts = (f"\n## `{table}`: {words}\n\n{as_markdown(table)}" for table, words in TABLES.items())
    return head + "".join(parts)


if __name__ == "__main__":
    print(document(), end="")
