"""What is asked of the full-text search, and the SQL that answers it; pure, so that no rule needs a
database to be tried.
"""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

from nkcrawl.archive.selecting import BY_AUTHOR, ArticleFilter
from nkcrawl.text import normalize_whitespace

# What stands around a word that was found. Unicode promises that these two are never characters of
# a text.
MARKS = ("\ufdd0", "\ufdd1")
MARKS_TO_READ = ("[", "]")

_EXCERPT_WORDS = 24
_PHRASE_OR_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"'})
# Particles follow a Korean word without a space ('북한의'): syllables, and the letters that NFD takes
# them apart into.
_ENDS_IN_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff][\W_]*$")
_MARKS_ABOVE_AND_BELOW = re.compile(r"[\u0300-\u036f]")

# The weights of headline, subtitle and body are far apart, because bm25 counts a word for less the
# longer the article is: a long one with the word in its headline is to stand before a teaser with
# the word below it.  The rank of every match has to be worked out, so that is done first, from the
# index alone; an article is read for its day only where it is among the best or level with the last
# of them, and its text only where it is shown. CROSS JOIN is SQLite's word for joining in this
# order.
_SQL = """
WITH matches AS MATERIALIZED (
    SELECT articles_fts.rowid AS id, bm25(articles_fts, 100, 10, 1) AS rank
    FROM articles_fts
    WHERE {conditions}
),
best AS MATERIALIZED (
    SELECT matches.id, matches.rank, articles.published_on
    FROM matches CROSS JOIN articles ON articles.id = matches.id
    WHERE matches.rank <= (SELECT max(rank) FROM (SELECT rank FROM matches ORDER BY rank LIMIT :limit))
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


# Whether a match is one of those asked for: from lists of these, made once out of indexes, or by a
# look at the article where there is no such index. The plus keeps SQLite from searching anew for
# every article of the list.
_IN_LIST = "+articles_fts.rowid IN ({})"
_IDS = "SELECT articles.id FROM articles WHERE {}"
_BY_ITSELF = "EXISTS (SELECT 1 FROM articles WHERE articles.id = articles_fts.rowid AND {})"


class BadQuery(ValueError):
    """Words that were to be FTS5's own syntax and are not; the message is SQLite's."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Words to look for, as people type them or with `raw` in FTS5's syntax, among which articles,
    and how many to show.
    """

    words: str
    among: ArticleFilter = field(default_factory=ArticleFilter)
    limit: int = 20
    raw: bool = False


def search_sql(question: SearchQuery, marks: tuple[str, str] = MARKS) -> tuple[str, dict[str, Any]]:
    """Return the query that answers a question, and the values it names.

    Its rows are articles, best first and among equals the newest: what was found stands between
    `marks` in `title`, `subtitle` and `excerpt`; `rank` is FTS5's bm25, lower being better; `found`
    is how many match in all.
    """
    conditions = ["articles_fts MATCH :query", *_which(question.among)]
    sql = _SQL.format(conditions="\n        AND ".join(conditions))
    _, values = question.among.where()
    words = normalize_whitespace(question.words)
    values["query"] = words if question.raw else match_expression(words)
    values |= {"limit": question.limit, "begin": marks[0], "end": marks[1], "words": _EXCERPT_WORDS}
    return sql, values


def _which(among: ArticleFilter) -> list[str]:
    if among.label:
        return [_BY_ITSELF.format(" AND ".join(among.where()[0]))]
    others, _ = replace(among, author="").where()
    lists = [BY_AUTHOR] if among.author else []
    lists += [_IDS.format(" AND ".join(others))] if others else []
    return [_IN_LIST.format(ids) for ids in lists]


def match_expression(words: str) -> str:
    """Return the FTS5 expression for words as people type them: all are required, those in double
    quotes as a phrase.

    Every other character is left to the index, which sees nothing but a gap in it. A Korean word is
    found with whatever particle follows it. Where the index takes two spellings of one text
    (Unicode's NFC and NFD) for different words, either will do.
    """
    return " OR ".join(_all_of(form) for form in _forms(words.translate(_CURLY)))


def _all_of(words: str) -> str:
    """Return an expression for all the words; side by side, for FTS5 passes over a gap there, but
    none of AND and OR.
    """
    return (
        " ".join(_quoted(phrase or word) for phrase, word in _PHRASE_OR_WORD.findall(words)) or '""'
    )


def _quoted(words: str) -> str:
    return f'"{words}"' + (" *" if _ENDS_IN_HANGUL.search(words) else "")


def _forms(words: str) -> list[str]:
    """Return the spellings of a text that the index tells apart: it knows é to be an e, but not
    what ệ or 한 consist of.
    """
    known: dict[str, str] = {}
    for spelling in (words, *(unicodedata.normalize(form, words) for form in ("NFC", "NFD"))):
        known.setdefault(_as_indexed(spelling), spelling)
    return list(known.values())


def _as_indexed(words: str) -> str:
    parts = ((character, unicodedata.normalize("NFD", character)) for character in words)
    plain = "".join(
        apart[0] if len(apart) == 2 and apart[0].isascii() else whole for whole, apart in parts
    )
    return _MARKS_ABOVE_AND_BELOW.sub("", plain)


def complete_sql(sql: str, values: dict[str, Any]) -> str:
    """Return a query with its values written into it, as one can paste it anywhere."""
    return re.sub(r":(\w+)", lambda name: _literal(values[name[1]]), sql) + ";"


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
