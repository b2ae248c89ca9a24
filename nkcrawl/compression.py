"""Decompressing the body of a response (RFC 9110, 8.4): all of it, or an error."""

import sys
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import brotli

from nkcrawl.items import Reason

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_INVALID = (zlib.error, zstd.ZstdError, brotli.error)
_MAX_PARTS = 100  # of a gzip or Zstandard body; finding the next one copies what is left


class DecompressionError(Exception):
    """A body that is cut off, is not compressed as its header says, or is too large."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def decompress(body: bytes, encodings: list[str], limit: int) -> tuple[bytes, list[str]]:
    """Return the decompressed body, and the encodings left, whose last one is unknown.

    `encodings` are those of Content-Encoding, in the order in which they were applied. Raises
    DecompressionError, also for more than `limit` bytes.
    """
    left = [encoding for encoding in encodings if encoding != "identity"]
    while left and left[-1] in DECODERS:
        encoding = left.pop()
        try:
            body = DECODERS[encoding](body, limit)
        except EOFError:
            detail = f"the body ends before its {encoding} data is complete"
            raise DecompressionError(Reason.CUT_OFF, detail) from None
        except _INVALID as error:
            detail = f"Content-Encoding is {encoding}, but the body is not valid {encoding} data"
            raise DecompressionError(Reason.NOT_DECOMPRESSED, f"{detail} ({error})") from error
        if len(body) > limit:
            detail = f"more than {limit:,} bytes once decompressed (DOWNLOAD_MAXSIZE)"
            raise DecompressionError(Reason.TOO_LARGE, detail)
    return body, left


# Each returns the whole content, or a little more than `limit` bytes; raises EOFError if the data
# is incomplete, and one of _INVALID.


def _decode(
    decompressor: Callable[[], Any], body: bytes, limit: int, *, next_part: bytes = b""
) -> bytes:
    """Decode a body, and what begins with `next_part` after it; other bytes there are ignored."""
    content = bytearray()
    for _ in range(_MAX_PARTS):
        decoder = decompressor()
        content += decoder.decompress(body, limit + 1 - len(content))
        if len(content) > limit:
            return bytes(content)
        if not decoder.eof:
            raise EOFError
        body = decoder.unused_data
        if not next_part or not body.startswith(next_part):
            return bytes(content)
    raise zlib.error(f"more than {_MAX_PARTS} parts")


def _gzip(body: bytes, limit: int) -> bytes:
    decompressor = partial(zlib.decompressobj, wbits=31)
    return _decode(decompressor, body, limit, next_part=b"\x1f\x8b")


def _deflate(body: bytes, limit: int) -> bytes:
    """Decode zlib's format, or the raw one that some servers send for it."""
    try:
        return _decode(zlib.decompressobj, body, limit)
    except zlib.error:
        return _decode(partial(zlib.decompressobj, wbits=-15), body, limit)


def _zstd(body: bytes, limit: int) -> bytes:
    return _decode(zstd.ZstdDecompressor, body, limit, next_part=b"\x28\xb5\x2f\xfd")


def _brotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    part = decoder.process(body, output_buffer_limit=limit + 1)
    content = bytearray(part)
    while part and len(content) <= limit and not decoder.is_finished():
        part = decoder.process(b"", output_buffer_limit=limit + 1 - len(content))
        content += part
    if len(content) <= limit and not decoder.is_finished():
        raise EOFError
    return bytes(content)


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "x-gzip": _gzip,  # an old name
}
