"""The store: one DuckDB file of calls, prompt structure and the ledger, and its secret key."""

from analyzer.store.key import key_path
from analyzer.store.store import SCHEMA_VERSION, Reading, Store, Twins

__all__ = ["SCHEMA_VERSION", "Reading", "Store", "Twins", "key_path"]
