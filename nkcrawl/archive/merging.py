"""What becomes of a stored article when its page is seen again; pure, so that no rule needs a
database to be tried.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What a version keeps, in the order of the tables' columns.
VERSIONED = (
    "title",
    "subtitle",
    "label",
    "byline",
    "published_on",
    "published_at",
    "modified_at",
    "body",
    "note",
    "access",
    "access_evidence",
    "word_count",
    "image_url",
    "image_caption",
    "image_credit",
    "language",
    "content_hash",
)
_BODY_COLUMNS = ("body", "access", "access_evidence")
_DERIVED = ("word_count", "content_hash")
_PLAIN = tuple(column for column in VERSIONED if column not in (*_BODY_COLUMNS, *_DERIVED))
# The words that a reader sees: the rest can change without the article having changed.
_READ = (
    "title",
    "subtitle",
    "label",
    "byline",
    "published_on",
    "body",
    "note",
    "image_caption",
    "image_credit",
)


def merge(stored: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the VERSIONED columns as they are to be stored, given the stored ones (None: a new
    article) and a new row.

    The row wins, except that an empty value never replaces a value and a teaser never replaces a
    full body.
    """
    seen = _observed(row)
    kept = stored or {}
    merged: dict[str, Any] = {column: seen[column] or kept.get(column) for column in _PLAIN}
    merged |= (
        _merged_body(kept, seen) if kept else {column: seen[column] for column in _BODY_COLUMNS}
    )
    merged["word_count"] = len(merged["body"].split())
    merged["content_hash"] = content_hash(merged)
    return merged


def _merged_body(stored: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return body, access and access_evidence, which stay together because access describes the
    body beside it.
    """
    if _keeps_body(stored, seen):
        return {column: stored[column] for column in _BODY_COLUMNS}
    evidence = (
        stored["access_evidence"] if seen["access_evidence"] == "[]" else seen["access_evidence"]
    )
    return {"body": seen["body"], "access": seen["access"], "access_evidence": evidence}


def _keeps_body(stored: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    if not stored["body"]:
        return False
    if not seen["body"]:
        return True
    if seen["access"] != "teaser" or stored["access"] == "teaser":
        return False
    # The same text, now known to be a teaser: nothing is lost, and something is learnt.
    return not (stored["access"] == "unknown" and seen["body"] == stored["body"])


def _observed(row: Mapping[str, Any]) -> dict[str, Any]:
    seen = {column: row[column] or None for column in _PLAIN}
    return seen | {
        "body": row["body"] or "",
        "access": row["access"],
        "access_evidence": json.dumps(row["access_evidence"] or [], ensure_ascii=False),
    }


def content_hash(columns: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of the words that a reader of the article sees."""
    words = json.dumps(
        {column: columns[column] for column in _READ}, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(words.encode()).hexdigest()


def differs(stored: Mapping[str, Any], merged: Mapping[str, Any]) -> bool:
    """Tell whether any VERSIONED column is to change."""
    return any(stored[column] != merged[column] for column in VERSIONED)
