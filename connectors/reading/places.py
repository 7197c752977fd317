"""Where a log lies: a file here, or an object behind an address such as `s3://bucket/logs/`."""

import io
import os
import tempfile
import weakref
from collections.abc import Iterator
from functools import lru_cache, total_ordering
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from analyzer.errors import InputError

SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
"""Object stores that are read; credentials come from where each store's own tools look for them."""
_CHUNK_BYTES = 8 * 2**20


class _Root(NamedTuple):
    """The part of an address that names a store and a bucket in it."""

    scheme: str
    authority: str
    """As given; it may hold a secret."""
    options: str
    """What follows the question mark, such as `endpoint_override=...`."""

    @property
    def bucket(self) -> str:
        left, _, right = self.authority.rpartition("@")
        # abfs://container@account..., but s3://key:secret@bucket
        return left.partition(":")[0] if self.scheme.startswith("abfs") and left else right

    @property
    def shown(self) -> str:
        """The address without a secret."""
        left, at, right = self.authority.rpartition("@")
        kept = f"{left}@" if at and self.scheme.startswith("abfs") and ":" not in left else ""
        return f"{self.scheme}://{kept}{right}"


class _Size(NamedTuple):
    st_size: int


@total_ordering
class ObjectPath:
    """One object of a store, with what of `pathlib.Path` the readers of logs use."""

    def __init__(self, root: _Root, key: str, size: int | None = None) -> None:
        self._root = root
        self._key = PurePosixPath(key)
        """Bucket and name inside it."""
        self._size = size

    def __str__(self) -> str:
        return f"{self._root.shown}/{PurePosixPath(*self._key.parts[1:])}"

    __fspath__ = __str__

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self._key.name

    @property
    def parts(self) -> tuple[str, ...]:
        """Bucket and parts of the key."""
        return self._key.parts

    def beside(self, relative: str) -> "ObjectPath":
        """Give the object of that name, counted from this one's folder."""
        return ObjectPath(self._root, str(self._key.parent / relative))

    def siblings(self) -> list["ObjectPath"]:
        """Give the objects of this one's folder, itself included."""
        return sorted(_below(self._root, str(self._key.parent), recursive=False))

    def exists(self) -> bool:
        """Tell whether the object is there."""
        return self.is_file()

    def is_file(self) -> bool:
        """Tell whether the object is there and is no prefix; one that was listed is."""
        return self._size is not None or _is_file(self._info())

    def resolve(self) -> "ObjectPath":
        """Give the object itself: there are no links in a store."""
        return self

    def stat(self) -> _Size:
        """Give the object's bytes, as `Path.stat` does."""
        if self._size is None:
            self._size = int(self._info().size or 0)
        return _Size(self._size)

    def open(self, _mode: str = "rb") -> BinaryIO:
        """Open the object to read its bytes; it is fetched once, however often it is opened.

        Raises:
            OSError: the store says no, or gives fewer bytes than the object has.
        """
        info = self._info()
        version = (info.mtime_ns or 0, info.size or 0)
        return io.BufferedReader(_Reader(_copy(self._root, str(self._key), version)), 2**18)

    def _info(self) -> Any:
        return _file_system(self._root).get_file_info(str(self._key))


Place = Path | ObjectPath


def beside(place: Place, relative: str) -> Place:
    """Give the place of that name, counted from the folder in which `place` lies."""
    return place.beside(relative) if isinstance(place, ObjectPath) else place.parent / relative


def neighbours(place: Place) -> list[Place]:
    """Give everything else in the folder of a place, in a fixed order; nothing if it is closed."""
    try:
        if isinstance(place, ObjectPath):
            return [other for other in place.siblings() if other != place]
        return [other for other in sorted(place.parent.iterdir()) if other != place]
    except OSError:
        return []


def objects_at(url: str) -> Iterator[ObjectPath]:
    """Give the object of an address, or every object below it.

    Raises:
        InputError: an address of an unknown kind, nothing there, or a store that says no.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise InputError(f"{url}: not an address that is read; known are {known}; or copy it here")
    path, _, options = rest.partition("?")
    authority, _, name = path.partition("/")
    root = _Root(scheme, authority, options)
    shown = f"{root.shown}/{name}"
    if not root.bucket:
        raise InputError(f"{url}: names no bucket; write {scheme}://bucket/prefix/")
    try:
        found = list(_below(root, f"{root.bucket}/{name}".rstrip("/")))
        bucket = bool(found) or _exists(_file_system(root).get_file_info(root.bucket))
    except OSError as error:
        said = str(error).splitlines()[0][:200]
        raise InputError(
            f"{shown}: cannot be read ({said}); check address and credentials"
        ) from error
    if not bucket:
        raise InputError(f"{shown}: no bucket of that name; check the address and its region")
    if not found:
        raise InputError(f"{shown}: nothing there; check the prefix, which ends at a slash")
    yield from found


def _below(root: _Root, key: str, *, recursive: bool = True) -> Iterator[ObjectPath]:
    from pyarrow.fs import FileSelector

    system = _file_system(root)
    here = system.get_file_info(key)
    if _is_file(here):
        yield ObjectPath(root, key, here.size)
        return
    selector = FileSelector(key, recursive=recursive, allow_not_found=True)
    for info in system.get_file_info(selector):
        if _is_file(info):
            yield ObjectPath(root, info.path, info.size)


def _is_file(info: Any) -> bool:
    from pyarrow.fs import FileType

    return bool(info.type == FileType.File)


def _exists(info: Any) -> bool:
    from pyarrow.fs import FileType

    return bool(info.type != FileType.NotFound)


@lru_cache(maxsize=32)
def _file_system(root: _Root) -> Any:
    from pyarrow import ArrowInvalid
    from pyarrow.fs import FileSystem

    options = f"?{root.options}" if root.options else ""
    try:
        system, _ = FileSystem.from_uri(f"{root.scheme}://{root.authority}{options}")
    except ArrowInvalid as error:
        said = str(error).splitlines()[0].replace(root.authority, root.bucket)[:200]
        raise InputError(
            f"{root.shown}: not an address ({said}); write s3://bucket/name"
        ) from error
    return system


@lru_cache(maxsize=2)
def _copy(root: _Root, key: str, version: tuple[int, int]) -> "_Copy":
    """Fetch an object into a file without a name, which is gone when the program is.

    A log is read three times (its hash, its format, its lines); so it crosses the network once, and
    cannot change in between.
    """
    _, size = version
    copy = _Copy()
    with _file_system(root).open_input_file(key) as source:
        while left := size - copy.file.tell():
            copy.file.write(_fetched(source, min(left, _CHUNK_BYTES)))
    copy.file.flush()
    return copy


def _fetched(source: Any, wanted: int) -> bytes:
    """Read so many bytes; Arrow's client has by then tried again where a connection broke off.

    Raises:
        OSError: the store's own words, or that nothing more came.
    """
    chunk: bytes = source.read(wanted)
    if len(chunk) < wanted:
        raise OSError(f"the store ended the object {wanted - len(chunk):,} bytes early")
    return chunk


class _Copy:
    """A file without a name that closes when nothing reads it any more."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the line below
        weakref.finalize(self, self.file.close)


class _Reader(io.RawIOBase):
    """Reads a copy from its beginning, at a place of its own."""

    def __init__(self, copy: _Copy) -> None:
        super().__init__()
        self._copy = copy
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._copy.file.fileno(), len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._copy.file.fileno()).st_size if base is None else base)
        return self._at

    def tell(self) -> int:
        return self._at
