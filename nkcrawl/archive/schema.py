"""The archive's tables as numbered migrations; a released migration never changes, a new one is
added below it.
"""

from collections.abc import Callable

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x6E6B6372  # 'nkcr'

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

_ARTICLES = """
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    title TEXT,
    subtitle TEXT,
    label TEXT,
    byline TEXT,
    published_on TEXT CHECK (published_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    published_at TEXT,
    modified_at TEXT,
    body TEXT NOT NULL DEFAULT '',
    note TEXT,
    access TEXT NOT NULL CHECK (access IN ('free', 'teaser', 'unknown')),
    access_evidence TEXT NOT NULL DEFAULT '[]',
    word_count INTEGER NOT NULL CHECK (word_count >= 0),
    image_url TEXT,
    image_caption TEXT,
    image_credit TEXT,
    language TEXT,
    content_hash TEXT NOT NULL,
    extractor_version INTEGER NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    first_seen_at TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    gone_at TEXT
) STRICT
"""

_ARTICLE_VERSIONS = """
CREATE TABLE article_versions (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    seen_at TEXT NOT NULL,
    title TEXT,
    subtitle TEXT,
    label TEXT,
    byline TEXT,
    published_on TEXT,
    published_at TEXT,
    modified_at TEXT,
    body TEXT NOT NULL,
    note TEXT,
    access TEXT NOT NULL CHECK (access IN ('free', 'teaser', 'unknown')),
    access_evidence TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    image_url TEXT,
    image_caption TEXT,
    image_credit TEXT,
    language TEXT,
    content_hash TEXT NOT NULL
) STRICT
"""

_AUTHORS = """
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT,
    bio TEXT
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
    due_at TEXT -- NULL: never again
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

_INDEXES = (
    "CREATE INDEX pages_due ON pages (kind, url, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX articles_published_on ON articles (published_on)",
    "CREATE INDEX articles_run_id ON articles (run_id)",
    "CREATE INDEX article_authors_author_id ON article_authors (author_id)",
    "CREATE INDEX article_versions_article_id ON article_versions (article_id)",
    "CREATE INDEX article_versions_run_id ON article_versions (run_id)",
    "CREATE INDEX rejects_run_id ON rejects (run_id)",
)

# What `scrapy status` counts without reading a single body, and whether a page was rejected before.
_FURTHER_INDEXES = (
    "CREATE INDEX articles_access ON articles (access)",
    "CREATE INDEX articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL",
    "CREATE INDEX pages_failures ON pages (failures) WHERE failures > 0",
    "CREATE INDEX rejects_url ON rejects (url)",
)

# What would take the longer, the more is stored: counting the pages of a kind, and looking through
# all that an author wrote.
_SUMS = (
    "CREATE INDEX pages_kind ON pages (kind)",
    "ALTER TABLE authors ADD COLUMN newest_url TEXT",
    """
    UPDATE authors SET newest_url = (
        SELECT max(url) FROM articles JOIN article_authors ON article_id = articles.id WHERE author_id = authors.id
    )
    """,
)

_SEARCH = (
    """
    CREATE VIRTUAL TABLE articles_fts USING fts5 (
        title, subtitle, body, content='articles', content_rowid='id', tokenize='porter unicode61'
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

# A window, because group_concat alone promises no order.
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

# The same table, its content named in the way by which sqlite-utils and Datasette know it for the
# articles' search.
_FINDABLE_SEARCH = (
    "DROP TABLE articles_fts",
    """
    CREATE VIRTUAL TABLE articles_fts USING fts5 (
        title, subtitle, body, content="articles", content_rowid='id', tokenize='porter unicode61'
    )
    """,
    "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')",
)

# Everybody in a byline, and what is stored of theirs: not what the site holds.
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

# After the last version of an article stands the article itself; coalesce would take a headline
# that was lost for it.
_CHANGED_ARTICLES = """
CREATE VIEW changed_articles AS
SELECT articles.id, seen_at, articles.published_on,
    version.title AS title_before, iif(is_last, articles.title, next_title) AS title_after,
    version.access AS access_before, iif(is_last, articles.access, next_access) AS access_after,
    version.word_count AS words_before, iif(is_last, articles.word_count, next_words) AS words_after,
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

_MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "0001_first_tables",
        (
            _RUNS,
            _ARTICLES,
            _ARTICLE_VERSIONS,
            _AUTHORS,
            _ARTICLE_AUTHORS,
            _PAGES,
            _REJECTS,
            *_INDEXES,
            *_SEARCH,
            _ARTICLE_LIST,
        ),
    ),
    ("0002_trouble_of_a_page", ("ALTER TABLE pages ADD COLUMN last_error TEXT", *_FURTHER_INDEXES)),
    ("0003_views_for_people", (*_FINDABLE_SEARCH, _AUTHOR_ACTIVITY, _CHANGED_ARTICLES, _RUN_LIST)),
    ("0004_sums_that_cost_no_more_in_a_large_archive", _SUMS),
)
NEWEST = len(_MIGRATIONS)


def migrate(db: Database) -> None:
    """Bring an empty database, or one of ours, to the newest schema inside the caller's
    transaction.
    """
    db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    _registered().apply(db)
    db.execute(f"PRAGMA user_version = {NEWEST:d}")


def _registered() -> Migrations:
    migrations = Migrations("nkcrawl")
    for name, statements in _MIGRATIONS:
        migrations(name=name)(_step(statements))
    return migrations


def _step(statements: tuple[str, ...]) -> Callable[[Database], None]:
    def run(db: Database) -> None:
        for statement in statements:
            db.execute(statement)

    return run
