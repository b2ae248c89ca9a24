"""Compressed pages: read whatever the encoding, and never stored unless they are complete."""

import gzip
import random
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import brotli
import pytest

from nkcrawl.compression import DecompressionError, decompress
from nkcrawl.demo import DemoArticle, FakeSite, Response, article_page
from nkcrawl.items import Reason
from tests.conftest import crawl_args, expected_row, rows, scrapy, stored
from tests.site import FakeResponse, FaultyServer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 1_000_000
_WORDS = random.Random(14)
PAGE = "".join(f"<p>{_WORDS.random()} ferries</p>" for _ in range(400)).encode()


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


def gzip_twice(content: bytes) -> bytes:
    return gzip.compress(gzip.compress(content))


def brotli_in_gzip(content: bytes) -> bytes:
    return gzip.compress(brotli.compress(content))


COMPRESSED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
    ("gzip, gzip", gzip_twice),
    ("br, gzip", brotli_in_gzip),
]
NAMES = [f"{encoding} by {compress.__name__}" for encoding, compress in COMPRESSED]


def failure(body: bytes, *encodings: str, limit: int = LIMIT) -> str:
    with pytest.raises(DecompressionError) as error:
        decompress(body, list(encodings), limit)
    return str(error.value)


@pytest.mark.parametrize(("encodings", "compress"), COMPRESSED, ids=NAMES)
def test_every_encoding_is_decoded_in_full_and_only_in_full(
    encodings: str, compress: Callable[[bytes], bytes]
) -> None:
    body, given = compress(PAGE), encodings.split(", ")
    assert decompress(body, given, LIMIT) == (PAGE, [])
    assert decompress(body, given, len(PAGE)) == (PAGE, [])
    for length in (0, 1, 2, 9, len(body) // 4, len(body) * 3 // 4, len(body) - 1):
        assert failure(body[:length], *given) == (
            f"cut off: the body ends before its {given[-1]} data is complete"
        )
    assert failure(body, *given, limit=len(PAGE) - 1) == (
        f"too large: more than {len(PAGE) - 1:,} bytes once decompressed (DOWNLOAD_MAXSIZE)"
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_compressed_as_declared_is_refused(encoding: str) -> None:
    html = b"<!DOCTYPE html>\n<html><head><title>The harbor</title></head>" + PAGE
    assert failure(html, encoding).startswith(
        f"not decompressed: Content-Encoding is {encoding}, but the body is not valid "
        f"{encoding} data ("
    )


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_body_in_several_parts_is_complete_when_the_last_one_is(
    compress: Callable[[bytes], bytes],
) -> None:
    encoding = "gzip" if compress is gzip.compress else "zstd"
    body = compress(PAGE[:900]) + compress(PAGE[900:])
    assert decompress(body, [encoding], LIMIT) == (PAGE, [])
    assert decompress(body + b"\0\0\0 padding", [encoding], LIMIT) == (PAGE, [])
    assert failure(body[:-20], encoding).startswith(f"{Reason.CUT_OFF}: ")


def test_a_wrong_checksum_is_an_error() -> None:
    body = bytearray(gzip.compress(PAGE))
    body[-6] ^= 1
    assert "incorrect data check" in failure(bytes(body), "gzip")


def test_a_body_of_endlessly_many_parts_is_refused() -> None:
    assert failure(gzip.compress(b"") * 200_000, "gzip").endswith("(more than 100 parts)")


def test_what_is_not_an_encoding_is_left() -> None:
    assert decompress(PAGE, ["identity"], LIMIT) == (PAGE, [])
    assert decompress(gzip.compress(PAGE), ["x-evil", "gzip"], LIMIT) == (PAGE, ["x-evil"])
    assert decompress(PAGE, ["gzip", "x-evil"], LIMIT) == (PAGE, ["gzip", "x-evil"])


# --- In a crawl -----------------------------------------------------------------------------------


class CompressingServer(FaultyServer):
    """Serves every page compressed, each in the next of the encodings."""

    def get(self, path: str) -> Response:
        response = super().get(path)
        if response.status != 200 or isinstance(response, FakeResponse):
            return response
        encodings, compress = COMPRESSED[len(path) % len(COMPRESSED)]
        headers = response.headers | {"Content-Encoding": encodings}
        return replace(response, body=compress(response.content), headers=headers)


def encoded(body: bytes, encodings: str, **framing: Any) -> FakeResponse:
    return FakeResponse(200, body, headers={"Content-Encoding": encodings}, **framing)


def chunked_without_end(body: bytes, encodings: str) -> FakeResponse:
    def chunks() -> Iterator[bytes]:
        yield body
        raise ConnectionAbortedError

    return encoded(b"", encodings, chunks=chunks)


def three_quarters(body: bytes) -> bytes:
    return body[: len(body) * 3 // 4]


def damaged_responses(page: bytes) -> list[tuple[FakeResponse, str]]:
    """Return incomplete and falsely declared responses for a page, and what is to be recorded."""
    cut_off = [
        *(encoded(three_quarters(compress(page)), names) for names, compress in COMPRESSED),
        encoded(b"", "gzip"),
        encoded(gzip.compress(page), "gzip", cut_off=True),  # Content-Length is larger
        chunked_without_end(gzip.compress(page), "gzip"),
        chunked_without_end(three_quarters(gzip.compress(page)), "gzip"),
        chunked_without_end(three_quarters(page), "identity"),
        FakeResponse(200, page.decode(), cut_off=True),
    ]
    false = [encoded(page, encoding) for encoding in ("gzip", "deflate", "br", "zstd")]
    return [
        *((response, "cut off") for response in cut_off),
        *((response, "not decompressed") for response in false),
    ]


@pytest.mark.fault("N11", "N15")
def test_compressed_pages_are_read_and_damaged_ones_overwrite_nothing(
    fake_site: FakeSite, archive_file: Path
) -> None:
    with CompressingServer(fake_site) as demo:
        done = scrapy(*crawl_args(demo, archive_file))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        before = stored(archive_file)
        assert before == expected_row(fake_site, demo)
        make_due(archive_file)
        articles = sorted(fake_site.articles, key=lambda article: article.path, reverse=True)
        targets = [article for article in articles if not article.alias_path][1::2]
        expected = {}
        for article, (response, reason) in zip(
            targets, damaged_responses(edited_page(demo, targets)), strict=False
        ):
            demo.faults[article.path] = response
            expected[demo.base_url + article.path] = reason
        assert len(expected) == 18
        done = scrapy(*crawl_args(demo, archive_file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stored(archive_file) == before
    assert rows(archive_file, "SELECT * FROM article_versions") == []
    failed = rows(archive_file, "SELECT url, last_error, failures FROM pages WHERE failures > 0")
    assert {row["url"]: row["last_error"] for row in failed} == expected
    assert {row["failures"] for row in failed} == {1}


def edited_page(demo: FaultyServer, articles: list[DemoArticle]) -> bytes:
    return article_page(demo.fake_site, articles[0], demo.base_url).encode()


def make_due(archive_file: Path) -> None:
    with closing(sqlite3.connect(archive_file)) as conn, conn:
        conn.execute("UPDATE pages SET due_at = found_at, etag = NULL, last_modified = NULL")


NOT_BROTLI = (
    "{page} (not decompressed: Content-Encoding is br, but the body is not valid br data "
    "(brotli: decoder failed))"
)


@pytest.mark.fault("N11", "N15")
@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (
            encoded(three_quarters(gzip.compress(PAGE)), "gzip"),
            "{page} (cut off: the body ends before its gzip data is complete)",
        ),
        (
            encoded(PAGE, "br"),
            NOT_BROTLI,
        ),
    ],
)
def test_the_sentence_says_what_is_wrong_with_the_body(
    demo: FaultyServer,
    fake_site: FakeSite,
    archive_file: Path,
    response: FakeResponse,
    sentence: str,
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = response
    page = demo.base_url + path
    done = scrapy(*crawl_args(demo, archive_file), "-a", f"url={page}")
    message = f"No page could be read, first {sentence.format(page=page)}. Is the site reachable?"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message + "\n")


def test_an_error_status_counts_even_if_its_body_is_broken(
    demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    broken = {"Content-Encoding": "gzip"}
    demo.faults[path] = FakeResponse(404, "<h1>Page not found</h1>", headers=broken)
    assert scrapy(*crawl_args(demo, archive_file), "-a", "limit=3").returncode == 0
    page = rows(archive_file, "SELECT status, last_error FROM pages WHERE url LIKE ?", f"%{path}")
    assert page == [{"status": 404, "last_error": "HTTP 404"}]
