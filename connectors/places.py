"""Where a log lies: a file here, or an object behind an address such as `s3://bucket/logs/`."""

from collections.abc import Iterator
from functools import lru_cache, total_ordering
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from analyzer.errors import InputError

SCHEMES = ("s3", "gs", "gcs", "abfs", "abfss")
"""Object stores that are read; credentials come from where each store's own tools look for them."""


class _Size(NamedTuple):
    st_size: int


@total_ordering
class ObjectPath:
    """One object of a store, with what of `pathlib.Path` the readers of logs use."""

    def __init__(self, root: str, key: str, size: int | None) -> None:
        self._root = root
        self._key = PurePosixPath(key)
        self._size = size

    def __str__(self) -> str:
        return f"{urlsplit(self._root).scheme}://{self._key}"

    __fspath__ = __str__

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
        return ObjectPath(self._root, str(self._key.parent / relative), None)

    def exists(self) -> bool:
        """Tell whether the object is there."""
        return self.is_file()

    def is_file(self) -> bool:
        """Tell whether the object is there and is no prefix."""
        from pyarrow.fs import FileType

        found = _file_system(self._root).get_file_info(str(self._key))
        return bool(found.type == FileType.File)

    def resolve(self) -> "ObjectPath":
        """Give the object itself: there are no links in a store."""
        return self

    def stat(self) -> _Size:
        """Give the object's bytes, as `Path.stat` does."""
        if self._size is None:
            found = _file_system(self._root).get_file_info(str(self._key))
            self._size = int(found.size or 0)
        return _Size(self._size)

    def open(self, _mode: str = "rb") -> BinaryIO:
        """Open the object to read its bytes."""
        stream: BinaryIO = _file_system(self._root).open_input_file(str(self._key))
        return stream


Place = Path | ObjectPath


def beside(place: Place, relative: str) -> Place:
    """Give the place of that name, counted from the folder in which `place` lies."""
    return place.beside(relative) if isinstance(place, ObjectPath) else place.parent / relative


def objects_at(url: str) -> Iterator[ObjectPath]:
    """Give the object of an address, or every object below it.

    Raises:
        InputError: an address of an unknown kind, nothing there, or a store that says no.
    """
    if urlsplit(url).scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise InputError(f"{url}: not an address that is read; known are {known}; or copy it here")
    try:
        found = list(_below(url))
    except OSError as error:
        said = str(error).splitlines()[0][:200]
        raise InputError(
            f"{url}: cannot be read ({said}); check address and credentials"
        ) from error
    if not found:
        raise InputError(f"{url}: nothing there; check bucket and prefix")
    yield from found


def _below(url: str) -> Iterator[ObjectPath]:
    from pyarrow.fs import FileSelector, FileType

    key = _key(url)
    system = _file_system(url)
    here = system.get_file_info(key)
    if here.type == FileType.File:
        yield ObjectPath(url, key, here.size)
        return
    selector = FileSelector(key, recursive=True, allow_not_found=True)
    for info in system.get_file_info(selector):
        if info.type == FileType.File:
            yield ObjectPath(url, info.path, info.size)


def _key(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc if not parts.scheme.startswith("abfs") else parts.netloc.partition("@")[0]
    return f"{host}{parts.path}".rstrip("/")


@lru_cache(maxsize=32)
def _file_system(url: str) -> Any:
    from pyarrow import ArrowInvalid
    from pyarrow.fs import FileSystem

    try:
        system, _ = FileSystem.from_uri(url)
    except ArrowInvalid as error:
        raise InputError(f"{url}: not an address ({error}); it reads s3://bucket/prefix") from error
    return system
