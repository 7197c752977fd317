"""A live `LiteLLM_SpendLogs` table in pages; the session is read-only and short of breath.

Pages go by the key (startTime, request_id), which LiteLLM has indexed since February 2026; the
index on startTime alone that it had before serves as well. Each page is a transaction of its own:
nothing holds the server's clean-up back, and a killed run goes on where it stopped.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from analyzer.errors import InputError

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgresql://", "postgres://")
TABLE = "LiteLLM_SpendLogs"
REQUIRED = ("request_id", "startTime", "model", "prompt_tokens", "completion_tokens")
COLUMNS = (
    *REQUIRED, "endTime", "completionStartTime", "total_tokens", "spend", "call_type", "api_key",
    "custom_llm_provider", "api_base", "user", "metadata", "cache_hit", "request_tags", "team_id",
    "organization_id", "end_user", "messages", "response", "session_id", "status", "agent_id",
    "model_group", "proxy_server_request", "litellm_call_id",
)  # fmt: skip
"""Those that are missing in an older table count as NULL; the required ones must be there."""
_TABLES_NAMED = 8
_FETCHED_ROWS = 50
"""Rows the client holds at once; one with a stored prompt may be megabytes."""
_CHUNKS_FROM = 170_000
"""The libpq that hands out rows in chunks."""


class Mark(NamedTuple):
    """A row's place in key order."""

    started: str
    """`startTime` as the server writes it; equal texts are equal times and sort alike."""
    request_id: str


START = Mark("-infinity", "")


class SpendRow(NamedTuple):
    """A row as JSON, with its place."""

    raw: bytes
    mark: Mark


class SpendLogs:
    """The table of one database; use it as a context manager."""

    def __init__(self, name: str, connection: "psycopg.Connection[Any]") -> None:
        self.name = name
        """The address without its password."""
        self.expected = 0
        """About how many rows there are, by the server's own statistics."""
        self._connection = connection
        self._parts: dict[str, Any] = {}

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect and find the table.

        Raises:
            InputError: no driver, no server, no rights, no such table, or columns missing.
        """
        address, schema, name = _address(url)
        with _explained(name):
            table = cls(name, _connect(address))
            try:
                table._find(schema)
            except BaseException:
                table._connection.close()
                raise
        return table

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def page(self, after: Mark, rows: int) -> Iterator[SpendRow]:
        """Give up to `rows` rows after a mark, in key order."""
        return self._rows("spend_page", {**after._asdict(), "rows": rows})

    def named(self, ids: Sequence[str]) -> Iterator[SpendRow]:
        """Give the rows of these ids, in key order; one that was deleted is left out."""
        return self._rows("spend_rows", {"ids": list(ids)})

    def keys(self, after: Mark, to: Mark, rows: int) -> list[Mark]:
        """Give up to `rows` marks after one and up to another."""
        between = {**after._asdict(), "to_started": to.started, "to_request_id": to.request_id}
        found = self._all("spend_keys", {**between, "rows": rows})
        return [Mark(*row) for row in found]

    def counted(self, to: Mark) -> int | None:
        """Give how many rows lie up to a mark; None when the server's time limit says no."""
        from psycopg.errors import QueryCanceled

        with _explained(self.name):
            try:
                found = self._connection.execute(self._sql("spend_counted"), to._asdict())
            except QueryCanceled:
                return None
            return int(found.fetchall()[0][0])

    def _find(self, schema: str | None) -> None:
        found = self._all("spend_tables", {"table": TABLE, "schema": schema})
        at, name, oid, expected, readable = found[0] if found else ("", "", 0, 0, False)
        if name != TABLE:
            raise InputError(f"{self.name}: no table {TABLE}; {_others(found)}")
        if not readable:
            raise InputError(
                f'{self.name}: no right to read {at}."{TABLE}"; as its owner run: '
                f'grant usage on schema {at} to USER; grant select on {at}."{TABLE}" to USER'
            )
        there = {str(row[0]) for row in self._all("spend_columns", {"table": oid})}
        if missing := [column for column in REQUIRED if column not in there]:
            raise InputError(f"{self.name}: {TABLE} lacks the columns {', '.join(missing)}")
        from psycopg.sql import SQL, Identifier

        columns = SQL(", ").join(Identifier(column) for column in COLUMNS if column in there)
        self._parts = {"table": Identifier(at, name), "columns": columns}
        self.expected = int(expected)

    def _rows(self, query: str, values: dict[str, Any]) -> Iterator[SpendRow]:
        from psycopg import pq

        size = _FETCHED_ROWS if pq.version() >= _CHUNKS_FROM else 1
        with _explained(self.name), self._connection.cursor(binary=True) as cursor:
            for raw, started, request_id in cursor.stream(self._sql(query), values, size=size):
                yield SpendRow(raw, Mark(started, request_id))

    def _all(self, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with _explained(self.name):
            return self._connection.execute(self._sql(query), values).fetchall()

    def _sql(self, query: str) -> Any:
        from psycopg.sql import SQL

        text = files("connectors.litellm").joinpath("queries", f"{query}.sql").read_text()
        return SQL(text).format(**self._parts)


def is_database(path: str) -> bool:
    """Tell an address of PostgreSQL from a path."""
    return path.startswith(SCHEMES)


def _address(url: str) -> tuple[str, str | None, str]:
    """Give what libpq takes, the schema that Prisma's addresses name, and the name to print.

    Messages of libpq's own parser may quote a password and are not passed on.
    """
    psycopg = _driver()
    try:
        parts = urlsplit(url)
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        asked = dict(parse_qsl(parts.query))
        kept = urlencode({k: v for k, v in asked.items() if k in known}, quote_via=quote)
        bare = urlunsplit(parts._replace(query=kept, fragment=""))
        told = psycopg.conninfo.conninfo_to_dict(bare)
    except (ValueError, psycopg.ProgrammingError) as error:
        raise InputError(_UNREADABLE) from error
    port = str(told.get("port") or "")
    if "@" in str(told.get("dbname") or "") or (port and not port.replace(",", "").isdecimal()):
        raise InputError(_UNREADABLE)
    user = f"{told['user']}@" if told.get("user") else ""
    place = f"{told.get('host') or ''}{':' if port else ''}{port}/{told.get('dbname') or ''}"
    schema = asked.get("schema")
    return bare, schema, f"postgresql://{user}{place}" + (f"?schema={schema}" if schema else "")


_UNREADABLE = (
    "postgresql://…: not an address; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with "
    "%2F, %40 and %3A for / @ and : inside a password, or leave it to PGPASSWORD"
)


def _driver() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise InputError(
            "postgresql://…: reading a database needs a driver: pip install 'rebill[postgres]'"
        ) from error
    return psycopg


def _connect(address: str) -> "psycopg.Connection[Any]":
    import psycopg

    given = psycopg.conninfo.conninfo_to_dict(address).get("options") or ""
    return psycopg.connect(
        address,
        autocommit=True,
        prepare_threshold=None,
        client_encoding="UTF8",
        application_name="rebill",
        connect_timeout=_CONNECT_SECONDS,
        options=f"{given} {_SETTINGS}".strip(),
    )


_SETTINGS = "-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO"
"""Asked for at the start and not with SET, which a pooler would hand on to the gateway."""
_CONNECT_SECONDS = 15


def _others(found: Sequence[tuple[Any, ...]]) -> str:
    names = [f"{row[0]}.{row[1]}" for row in found]
    if not names:
        return "this user sees no tables there; check database, schema and user"
    more = f" and {len(names) - _TABLES_NAMED} more" if len(names) > _TABLES_NAMED else ""
    return f"there are {', '.join(names[:_TABLES_NAMED])}{more}; check database and ?schema="


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what the server says into one line with a remedy; it never holds the password."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()
        first = said[0].rpartition("FATAL:")[2].strip() if said else type(error).__name__
        remedy = next((text for sign, text in _REMEDIES if sign in first.lower()), _AGAIN)
        raise InputError(f"{name}: {first}; {remedy}") from error


_AGAIN = "what was read so far is in the store; run the same command again to go on"
_MORE_TIME = (
    "what was read so far is in the store; give this user more time (alter role USER set "
    "statement_timeout = '5min') or index the table on (\"startTime\", request_id), and run again"
)
_REMEDIES = (
    ("statement timeout", _MORE_TIME),
    ("unsupported startup parameter", "connect to the server itself, not through a pooler"),
    ("password", "check user and password, or set PGPASSWORD"),
    ("connection refused", "check host and port, and that the server is up"),
    ("could not translate host", "check the host's name"),
    ("failed to resolve", "check the host's name"),
    ("timeout expired", "check host, port and firewall"),
    ("timed out", "check host, port and firewall"),
    ("no pg_hba.conf entry", "the server refuses this host or user; add it to pg_hba.conf"),
    ("does not exist", "check the name in the address"),
    ("permission denied", "ask the table's owner for the right to select"),
)
