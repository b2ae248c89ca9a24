"""Which articles are wanted: by author, time, label, access and words, and the SQL for it."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

from nkcrawl.items import Access
from nkcrawl.text import normalize_whitespace

# What is put around a match. Unicode guarantees that these two are never characters of a text.
MARKS = ("\ufdd0", "\ufdd1")
MARKS_TO_READ = ("[", "]")

# The articles of one author, exactly.
BY_SLUG = """
    articles.id IN (
        SELECT article_id FROM article_authors JOIN authors ON authors.id = author_id
        WHERE position IS NOT NULL AND slug = :author
    )
"""
# The authors of the articles that a query of the table returns, as {articles}, and how many each
# wrote; up to {limit}.
AUTHORS_OF = """
    SELECT slug, coalesce(name, slug) AS name, count(*) AS articles
    FROM article_authors JOIN authors ON authors.id = author_id
    WHERE position IS NOT NULL AND article_id IN (SELECT id FROM ({articles}))
    GROUP BY authors.id ORDER BY articles DESC, name LIMIT {limit}
"""
_BY_AUTHOR = (
    "SELECT article_id FROM article_authors WHERE position IS NOT NULL "
    "AND author_id IN (SELECT id FROM authors WHERE slug = :author OR name LIKE :name ESCAPE '\\')"
)

_CONTEXT_WORDS = 24
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"'})
# Particles follow a Korean word without a space ('북한의'): syllables, and the letters that NFD
# takes them apart into.
_ENDS_IN_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff][\W_]*$")
_COMBINING_MARKS = re.compile(r"[\u0300-\u036f]")

# The weights of headline, subtitle and body are far apart, because bm25 counts a word for less the
# longer the article is: a long one with the word in its headline must come before a teaser with the
# word below it. The rank of every match is needed, so it is computed first, from the index alone;
# an article's date is read only where it is among the best or ties with the last of them, and its
# text only where it is returned. CROSS JOIN makes SQLite join in this order.
_SEARCH = """
WITH matches AS MATERIALIZED (
    SELECT articles_fts.rowid AS id, bm25(articles_fts, 100, 10, 1) AS rank
    FROM articles_fts
    WHERE {conditions}
),
best AS MATERIALIZED (
    SELECT matches.id, matches.rank, articles.published_on
    FROM matches CROSS JOIN articles ON articles.id = matches.id
    WHERE matches.rank <= (
        SELECT max(rank) FROM (SELECT rank FROM matches ORDER BY rank LIMIT :limit)
    )
    ORDER BY matches.rank, articles.published_on DESC, matches.id
    LIMIT :limit
)
SELECT best.published_on,
    highlight(articles_fts, 0, :begin, :end) AS title,
    highlight(articles_fts, 1, :begin, :end) AS subtitle,
    authors, label, access, url, best.rank,
    replace(snippet(articles_fts, 2, :begin, :end, '…', :words), char(10, 10), ' ') AS excerpt,
    (SELECT count(*) FROM matches) AS found
FROM best
CROSS JOIN articles_fts ON articles_fts.rowid = best.id
CROSS JOIN article_list ON article_list.id = best.id
WHERE articles_fts MATCH :query
ORDER BY best.rank, best.published_on DESC, best.id
""".strip()
# How a filter is applied to matches: by lists of ids, read once from indexes, or by looking at each
# article where no such index exists. The plus keeps SQLite from searching anew for every article of
# the list.
_IN_LIST = "+articles_fts.rowid IN ({})"
_IDS = "SELECT articles.id FROM articles WHERE {}"
_PER_ARTICLE = "EXISTS (SELECT 1 FROM articles WHERE articles.id = articles_fts.rowid AND {})"


class BadQuery(ValueError):
    """A raw query that is not valid FTS5 syntax; the message is SQLite's."""


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Conditions that articles have to meet; an empty or None one does not apply."""

    author: str = ""  # a slug, or a part of a name
    since: str = ""  # first and last day of publication in Seoul, YYYY-MM-DD
    until: str = ""
    label: str = ""
    access: Access | None = None

    def where(self) -> tuple[list[str], dict[str, Any]]:
        """Return SQL conditions on a row of `articles`, to be joined by AND, and their values."""
        conditions = {
            "author": f"articles.id IN ({_BY_AUTHOR})",
            "since": "articles.published_on >= :since",
            "until": "articles.published_on <= :until",
            "label": "articles.label = :label COLLATE NOCASE",
            "access": "articles.access = :access",
        }
        values: dict[str, Any] = {
            name: value for name in conditions if (value := getattr(self, name))
        }
        applied = [conditions[name] for name in values]
        if self.author:
            values["name"] = f"%{_escaped(self.author)}%"
        return applied, values


def _escaped(text: str) -> str:
    """Return a text that LIKE matches literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A full-text query as people type it, or with `raw` in FTS5's syntax, and its limits."""

    query: str
    filters: ArticleFilter = field(default_factory=ArticleFilter)
    limit: int = 20
    raw: bool = False


def search_sql(search: SearchQuery, marks: tuple[str, str] = MARKS) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a search, and the values of its parameters.

    Its rows are articles, best first and among equals the newest. Matches stand between `marks` in
    `title`, `subtitle` and `excerpt`; `rank` is FTS5's bm25, lower being better; `found` is the
    number of all matches.
    """
    conditions = ["articles_fts MATCH :query", *_filter_conditions(search.filters)]
    sql = _SEARCH.format(conditions="\n        AND ".join(conditions))
    _, values = search.filters.where()
    query = normalize_whitespace(search.query)
    values["query"] = query if search.raw else match_expression(query)
    values |= {"limit": search.limit, "begin": marks[0], "end": marks[1], "words": _CONTEXT_WORDS}
    return sql, values


def _filter_conditions(filters: ArticleFilter) -> list[str]:
    if filters.label:
        return [_PER_ARTICLE.format(" AND ".join(filters.where()[0]))]
    others, _ = replace(filters, author="").where()
    lists = [_BY_AUTHOR] if filters.author else []
    lists += [_IDS.format(" AND ".join(others))] if others else []
    return [_IN_LIST.format(ids) for ids in lists]


def match_expression(query: str) -> str:
    """Return the FTS5 expression for a query as people type it: all words, quoted ones as a phrase.

    Every other character is left to the index, which treats it as a gap. A Korean word is found
    with any particle after it. Where the index takes two spellings of one text (Unicode's NFC and
    NFD) for different words, either matches.
    """
    return " OR ".join(_all_of(spelling) for spelling in _spellings(query.translate(_CURLY)))


def _all_of(query: str) -> str:
    """Return an expression for all the words, side by side: FTS5 skips a gap there, not at AND."""
    quoted = (_quoted(phrase or word) for phrase, word in _PHRASE_OR_WORD.findall(query))
    return " ".join(quoted) or '""'


def _quoted(phrase: str) -> str:
    return f'"{phrase}"' + (" *" if _ENDS_IN_HANGUL.search(phrase) else "")


def _spellings(query: str) -> list[str]:
    """Return the spellings that the index tells apart: é is an e to it, but ệ or 한 stay whole."""
    spellings: dict[str, str] = {}
    for spelling in (query, *(unicodedata.normalize(form, query) for form in ("NFC", "NFD"))):
        spellings.setdefault(_as_indexed(spelling), spelling)
    return list(spellings.values())


def _as_indexed(query: str) -> str:
    pairs = ((character, unicodedata.normalize("NFD", character)) for character in query)
    plain = "".join(
        parts[0] if len(parts) == 2 and parts[0].isascii() else whole for whole, parts in pairs
    )
    return _COMBINING_MARKS.sub("", plain)


def complete_sql(sql: str, values: dict[str, Any]) -> str:
    """Return a query with its values written into it, to be pasted anywhere."""
    return re.sub(r":(\w+)", lambda name: _literal(values[name[1]]), sql) + ";"


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
