"""An article as a Markdown file: what is known of it as YAML on top, below it headline and text."""

import json
import re
import unicodedata
from urllib.parse import unquote, urlsplit

from nkcrawl.export import StoredArticle, author_names
from nkcrawl.items import ARTICLE_COLUMNS
from nkcrawl.text import normalize_whitespace

_LONGEST_SLUG = 150  # with day and number a name is shorter than 200 bytes
FRONT_MATTER = (
    *("authors" if name == "byline" else name for name in ARTICLE_COLUMNS
      if name not in ("body", "access_evidence", "content_hash")),
    "url", "first_seen_at", "changed_at", "gone_at",
)  # fmt: skip
# What JSON leaves as it is and YAML does not take, or takes for the end of a line.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_MARKUP = re.compile(r"[\\`*_\[<~${}]|&(?=#?\w+;)")
_LINE_MARKUP = re.compile(r"^(?:[-+=:>|#]|\d{1,9}[.)])")  # at a line's beginning alone


def as_markdown(article: StoredArticle) -> str:
    """Return the file of an article; what would be markup in its words stands for itself."""
    known = {**article, "authors": author_names(article)}
    front = "".join(
        f"{name}: {_yaml(known[name])}\n"
        for name in FRONT_MATTER
        if known[name] not in (None, "", [])
    )
    parts = [f"# {plain(article['title'] or article['url'])}", *paragraphs(article["body"])]
    return f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n"


def paragraphs(body: str) -> list[str]:
    """Return a body's paragraphs as Markdown; lines within one stay lines."""
    found = (
        "\n".join(filter(None, map(plain, part.splitlines())))
        for part in re.split(r"\n\s*\n", body)
    )
    return [paragraph for paragraph in found if paragraph]


def plain(line: str) -> str:
    """Return Markdown that shows one line as it is."""
    escaped = _MARKUP.sub(r"\\\g<0>", normalize_whitespace(line))
    return _LINE_MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", escaped)


def file_name(article: StoredArticle, *, numbered: bool = False) -> str:
    """Return a name that every system takes: day and slug, as '2025-06-20-rice-prices-rise.md'.

    Articles can share it, as long slugs are cut off and only Latin letters and digits are kept; a
    numbered name has the article's id in it and is its own.
    """
    slug = unicodedata.normalize(
        "NFKD", unquote(urlsplit(article["url"]).path.rstrip("/").rpartition("/")[2])
    )
    slug = re.sub(r"[^a-z0-9]+", "-", slug.lower().encode("ascii", "ignore").decode())
    slug = slug.strip("-")[:_LONGEST_SLUG].strip("-") or "article"
    number = f"_{article['id']}" if numbered else ""
    return f"{article['published_on'] or 'undated'}-{slug}{number}.md"


def _yaml(value: object) -> str:
    """Return a value as JSON that is YAML too."""
    return _NOT_YAML.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False)
    )
