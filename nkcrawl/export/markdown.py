"""An article as a Markdown file: YAML front matter, then headline and text."""

import json
import re
import unicodedata
from urllib.parse import unquote, urlsplit

from nkcrawl.export import StoredArticle, author_names
from nkcrawl.items import ARTICLE_COLUMNS
from nkcrawl.text import normalize_whitespace

_MAX_SLUG_LENGTH = 150  # with day and id, a file name stays below 200 bytes
FRONT_MATTER = (
    "url",
    *("authors" if name == "byline" else name for name in ARTICLE_COLUMNS
      if name not in ("body", "access_evidence", "content_hash")),
    "first_seen_at", "changed_at", "gone_at",
)  # fmt: skip
# Characters that JSON allows in strings, but YAML does not, or takes for a line break.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_MARKUP = re.compile(r"[\\`*_\[<~${}]|&(?=#?\w+;)")
_LINE_MARKUP = re.compile(r"^(?:[-+=:>|#]|\d{1,9}[.)])")  # only at the start of a line


def as_markdown(article: StoredArticle) -> str:
    """Return an article's file; whatever looks like markup in its text is escaped."""
    values = {**article, "authors": author_names(article)}
    front = "".join(
        f"{name}: {_yaml(values[name])}\n"
        for name in FRONT_MATTER
        if values[name] not in (None, "", [])
    )
    headline = escape_markdown(article["title"] or article["url"])
    parts = [f"# {headline}", *paragraphs(article["body"])]
    return f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n"


def paragraphs(body: str) -> list[str]:
    """Return a body's paragraphs as Markdown, with their line breaks."""
    escaped = (
        "\n".join(filter(None, map(escape_markdown, part.splitlines())))
        for part in re.split(r"\n\s*\n", body)
    )
    return [paragraph for paragraph in escaped if paragraph]


def escape_markdown(line: str) -> str:
    """Return Markdown that shows one line unchanged."""
    escaped = _MARKUP.sub(r"\\\g<0>", normalize_whitespace(line))
    return _LINE_MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", escaped)


def file_name(article: StoredArticle, *, numbered: bool = False) -> str:
    """Return a name valid on every system: day and slug, as '2025-06-20-rice-prices-rise.md'.

    Articles can share a name, as only Latin letters and digits of a slug are kept, and long ones
    are cut off; a numbered name contains the article's id and is unique.
    """
    last_part = unquote(urlsplit(article["url"]).path.rstrip("/").rpartition("/")[2])
    slug = unicodedata.normalize("NFKD", last_part)
    slug = re.sub(r"[^a-z0-9]+", "-", slug.lower().encode("ascii", "ignore").decode())
    slug = slug.strip("-")[:_MAX_SLUG_LENGTH].strip("-") or "article"
    number = f"_{article['id']}" if numbered else ""
    return f"{article['published_on'] or 'undated'}-{slug}{number}.md"


def _yaml(value: object) -> str:
    """Return a value as JSON that is also valid YAML."""
    return _NOT_YAML.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False)
    )
