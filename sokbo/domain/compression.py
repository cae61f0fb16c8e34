"""Deflate and gzip in pieces: what is compressed once can be joined with other pieces at no cost but the copy."""

import struct
import zlib
from collections.abc import Sequence

from isal import isal_zlib

from sokbo.domain.document import EMPTY, Piece

#: Of 0 to 3. A tenth larger than zlib at its usual level, in a quarter of the time, and each publish waits for it.
_LEVEL = 3
#: RFC 1952 section 2.3: deflate, no flags, no time, unknown system.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
#: An empty last block with fixed codes (RFC 1951 section 3.2.6), which ends what the pieces left open.
_LAST_BLOCK = b"\x03\x00"


def piece(raw: bytes) -> Piece:
    """The bytes with their deflate form, which ends on a byte's border and refers to nothing before it."""
    if not raw:
        return EMPTY
    compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
    return Piece(raw, compressor.compress(raw) + compressor.flush(isal_zlib.Z_FULL_FLUSH))


def concatenate(pieces: Sequence[Piece]) -> Piece:
    """One piece that is the others in order; nothing is compressed again."""
    return Piece(b"".join(part.raw for part in pieces), b"".join(part.deflated for part in pieces))


def join(pieces: Sequence[Piece]) -> bytes:
    """The pieces' raw bytes, in order."""
    return b"".join(part.raw for part in pieces)


def gzip(pieces: Sequence[Piece], raw: bytes) -> bytes:
    """A gzip stream (RFC 1952) of the pieces, whose joined raw bytes are `raw`."""
    trailer = struct.pack("<II", zlib.crc32(raw), len(raw) & 0xFFFFFFFF)
    return b"".join([_GZIP_HEADER, *(part.deflated for part in pieces), _LAST_BLOCK, trailer])
