"""The contract's sample: every file's path and content, made from one seed."""

import hashlib

from generator.captures import dumps, line
from generator.contract import company as co
from generator.contract.bill import billed, truth
from generator.contract.papers import papers
from generator.contract.traffic import Sent, sent
from generator.exchanges import Json
from generator.list_price import list_price
from generator.truth import Billed
from generator.vendor_reports import cost_report, invoice, unlogged, usage_report

FOLDER = "contract"


def files(seed: int) -> dict[str, bytes]:
    """Give path and uncompressed content of every file; paths in `.gz` are to be compressed."""
    price = list_price()
    bills = billed(sent(seed))
    vendor = [bill for _, bill in bills]
    reports = {
        "vendor/usage_report.json.gz": usage_report(vendor, co.days()),
        "vendor/cost_report.json.gz": cost_report(vendor, price, co.days()),
        **{f"vendor/invoice_{month}.json": invoice(month, vendor, price) for month in co.MONTHS},
        "TRUTH.json": truth(bills, price),
    }
    found = {
        **_logs(bills),
        **{
            path: _json({**told, "organization": co.ORGANISATION}) for path, told in reports.items()
        },
        "vendor/not_in_logs.jsonl": b"".join(map(_json, unlogged(vendor))),
        **papers(seed, bills, price),
    }
    found["MANIFEST.json"] = _manifest(seed, found)
    return {f"{FOLDER}/{path}": content for path, content in found.items()}


def _logs(bills: list[tuple[Sent, Billed]]) -> dict[str, bytes]:
    rows: dict[str, list[bytes]] = {}
    for one, bill in bills:
        if bill.logged:
            told = {**line(one.exchange, bill.buckets), "org": co.ORGANISATION}
            rows.setdefault(f"logs/{one.workload}.jsonl.gz", []).append(_json(told))
    return {path: b"".join(lines) for path, lines in sorted(rows.items())}


def _json(told: Json) -> bytes:
    return f"{dumps(told)}\n".encode()


def _manifest(seed: int, contents: dict[str, bytes]) -> bytes:
    return _json({
        "synthetic": True,
        "company": co.CLIENT,
        "organization": co.ORGANISATION,
        "seed": seed,
        "note": "size and sha256 of each file's content before compression",
        "files": {
            path: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in sorted(contents.items())
        },
    }).replace(b'},"', b'},\n"')  # fmt: skip
