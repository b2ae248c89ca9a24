"""The archive's tables, indexes, triggers and views, as migrations of sqlite-utils.

A migration never changes after a release; a new one is added below it.
"""

from sqlite_utils import Database, Migrations

from nkcrawl.items import ARTICLE_COLUMNS

APPLICATION_ID = 0x6E6B6372  # 'nkcr'
# The file's `user_version`. Versions 1 to 4 were never released; they are refused, see `connect`.
VERSION = 5

_RUNS = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    verdict TEXT,
    exit_code INTEGER,
    finish_reason TEXT,
    summary TEXT,
    stats TEXT,
    args TEXT NOT NULL,
    versions TEXT NOT NULL
) STRICT
"""

# Both tables of articles have these columns. To be written out before the first release: from
# then on a new column is added by a migration of its own.
_TYPES = {
    "published_on": ("TEXT CHECK (published_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')"),
    "body": "TEXT NOT NULL DEFAULT ''",
    "access": "TEXT NOT NULL CHECK (access IN ('free', 'teaser', 'unknown'))",
    "access_evidence": "TEXT NOT NULL DEFAULT '[]'",
    "word_count": "INTEGER NOT NULL CHECK (word_count >= 0)",
    "content_hash": "TEXT NOT NULL",
}
_ARTICLE_COLUMNS = ",\n    ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in ARTICLE_COLUMNS)

_ARTICLES = f"""
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    {_ARTICLE_COLUMNS},
    extractor_version INTEGER NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    first_seen_at TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    gone_at TEXT
) STRICT
"""

_ARTICLE_VERSIONS = f"""
CREATE TABLE article_versions (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    seen_at TEXT NOT NULL,
    {_ARTICLE_COLUMNS}
) STRICT
"""

_AUTHORS = """
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT,
    bio TEXT,
    newest_url TEXT
) STRICT
"""

_ARTICLE_AUTHORS = """
CREATE TABLE article_authors (
    article_id INTEGER NOT NULL REFERENCES articles (id),
    author_id INTEGER NOT NULL REFERENCES authors (id),
    position INTEGER CHECK (position >= 1), -- NULL: no longer in the byline
    PRIMARY KEY (article_id, author_id)
) STRICT
"""

_PAGES = """
CREATE TABLE pages (
    url TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('article', 'author', 'feed')),
    found_on TEXT,
    found_at TEXT NOT NULL,
    fetched_at TEXT,
    status INTEGER,
    etag TEXT,
    last_modified TEXT,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    due_at TEXT, -- NULL: never again
    last_error TEXT
) STRICT
"""

_REJECTS = """
CREATE TABLE rejects (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    seen_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT
) STRICT
"""

# Every count of `scrapy status` and every query of a crawl is answered from one of these.
_INDEXES = (
    "CREATE INDEX pages_due ON pages (kind, url, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX pages_failures ON pages (failures) WHERE failures > 0",
    "CREATE INDEX pages_kind ON pages (kind)",
    "CREATE INDEX articles_published_on ON articles (published_on)",
    "CREATE INDEX articles_access ON articles (access)",
    "CREATE INDEX articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL",
    "CREATE INDEX articles_run_id ON articles (run_id)",
    "CREATE INDEX article_authors_author_id ON article_authors (author_id)",
    "CREATE INDEX article_versions_article_id ON article_versions (article_id)",
    "CREATE INDEX article_versions_run_id ON article_versions (run_id)",
    "CREATE INDEX rejects_run_id ON rejects (run_id)",
    "CREATE INDEX rejects_url ON rejects (url)",
)

# content="articles" in double quotes: so sqlite-utils and Datasette detect the table as the search
# index of `articles`.
_SEARCH = (
    """
    CREATE VIRTUAL TABLE articles_fts USING fts5 (
        title, subtitle, body,
        content="articles", content_rowid='id', tokenize='porter unicode61'
    )
    """,
    """
    CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
        INSERT INTO articles_fts (rowid, title, subtitle, body)
        VALUES (new.id, new.title, new.subtitle, new.body);
    END
    """,
    """
    CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, subtitle, body ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, title, subtitle, body)
        VALUES ('delete', old.id, old.title, old.subtitle, old.body);
        INSERT INTO articles_fts (rowid, title, subtitle, body)
        VALUES (new.id, new.title, new.subtitle, new.body);
    END
    """,
    """
    CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, title, subtitle, body)
        VALUES ('delete', old.id, old.title, old.subtitle, old.body);
    END
    """,
)

# A window function, because group_concat alone guarantees no order.
_ARTICLE_LIST = """
CREATE VIEW article_list AS
SELECT id, published_on, title,
    (
        SELECT group_concat(coalesce(authors.name, authors.slug), ', ') OVER (
            ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
        FROM article_authors JOIN authors ON authors.id = author_id
        WHERE article_id = articles.id AND position IS NOT NULL
        LIMIT 1
    ) AS authors,
    label, access, word_count, url
FROM articles
"""

_AUTHOR_ACTIVITY = """
CREATE VIEW author_activity AS
SELECT slug, name, count(*) AS articles,
    count(*) FILTER (WHERE access = 'free') AS free,
    count(*) FILTER (WHERE access = 'teaser') AS teasers,
    sum(word_count) AS words,
    min(published_on) AS first_published_on,
    max(published_on) AS last_published_on
FROM authors
JOIN article_authors ON author_id = authors.id AND position IS NOT NULL
JOIN articles ON articles.id = article_id
GROUP BY authors.id
"""

# The last version of an article was replaced by the article itself. Not by coalesce, which would
# skip a state without a headline.
_CHANGED_ARTICLES = """
CREATE VIEW changed_articles AS
SELECT articles.id, seen_at, articles.published_on,
    version.title AS title_before, iif(is_last, articles.title, next_title) AS title_after,
    version.access AS access_before, iif(is_last, articles.access, next_access) AS access_after,
    version.word_count AS words_before,
    iif(is_last, articles.word_count, next_words) AS words_after,
    iif(is_last, articles.content_hash, next_hash) IS NOT version.content_hash AS text_changed,
    articles.url
FROM (
    SELECT *, lead(id) OVER later IS NULL AS is_last, lead(title) OVER later AS next_title,
        lead(access) OVER later AS next_access, lead(word_count) OVER later AS next_words,
        lead(content_hash) OVER later AS next_hash
    FROM article_versions WINDOW later AS (PARTITION BY article_id ORDER BY id)
) version
JOIN articles ON articles.id = version.article_id
"""

_RUN_LIST = """
CREATE VIEW run_list AS
SELECT id, started_at,
    round((julianday(finished_at) - julianday(started_at)) * 1440, 1) AS minutes,
    coalesce(verdict, 'running') AS verdict,
    coalesce(json_extract(stats, '$."downloader/request_count"'), 0) AS requests,
    coalesce(json_extract(stats, '$."nkcrawl/articles/new"'), 0) AS new,
    coalesce(json_extract(stats, '$."nkcrawl/articles/changed"'), 0) AS changed,
    coalesce(json_extract(stats, '$."nkcrawl/articles/unchanged"'), 0) AS unchanged,
    coalesce(json_extract(stats, '$."nkcrawl/rejected"'), 0) AS rejected,
    coalesce(json_extract(stats, '$."nkcrawl/failed"'), 0) AS failed,
    summary
FROM runs
"""

_migrations = Migrations("nkcrawl")


@_migrations(name="0001_create")
def _create(db: Database) -> None:
    content = (_RUNS, _ARTICLES, _ARTICLE_VERSIONS, _AUTHORS, _ARTICLE_AUTHORS)
    frontier = (_PAGES, _REJECTS)
    views = (_ARTICLE_LIST, _AUTHOR_ACTIVITY, _CHANGED_ARTICLES, _RUN_LIST)
    for statement in (*content, *frontier, *_INDEXES, *_SEARCH, *views):
        db.execute(statement)


def migrate(db: Database) -> None:
    """Bring an empty database to the current schema inside the caller's transaction."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    _migrations.apply(db)
    db.execute(f"PRAGMA user_version = {VERSION:d}")
