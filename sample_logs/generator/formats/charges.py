"""FOCUS lines for tokens that AWS Marketplace bills: a SKU a token type, in units of a million."""

from collections.abc import Mapping
from decimal import Decimal

from generator.golden import CANARY
from generator.vendor_reports import TOKEN_TYPES, usd

SKUS = dict(
    zip(
        TOKEN_TYPES,
        (
            "input_tokens_global_standard",
            "cache_read_tokens_global_standard",
            "cache_write_tokens_global_standard",
            "cache_write_tokens_1h_global_standard",
            "output_tokens_global_standard",
        ),
        strict=True,
    )
)
_MILLION = 10**6
Line = dict[str, str]
_OFF = Decimal("0.15")


def focus_rows(
    counts: Mapping[tuple[str, str], int],
    costs: Mapping[tuple[str, str], int],
    names: Mapping[str, str],
) -> list[Line]:
    """Give September's lines: usage at 15 % off, tax, a credit, a correction, another service."""
    usage = [
        _usage(f"{names[model]} (Amazon Bedrock Edition)", kind, counts[model, kind], pico)
        for (model, kind), pico in sorted(costs.items())
    ]
    service = usage[0]["ServiceName"]
    august = {
        "ChargePeriodStart": "2026-08-31T00:00:00Z",
        "ChargePeriodEnd": "2026-09-01T00:00:00Z",
    }
    return [
        *usage,
        _line(ServiceName=service, ChargeCategory="Tax", BilledCost="0.01", ListCost="0"),
        _line(ServiceName=service, ChargeCategory="Credit", BilledCost="-0.02", ListCost="0"),
        _line(ServiceName=service, ChargeCategory="Usage", ChargeClass="Correction",
              BilledCost="-0.0005", ListCost="-0.0005", **august),
        _line(ServiceName="Amazon Elastic Compute Cloud", ChargeCategory="Usage", BilledCost="1",
              ListCost="1", ResourceName="claude-gateway"),
    ]  # fmt: skip


def _usage(service: str, kind: str, tokens: int, pico: int) -> Line:
    paid = usd(int(Decimal(pico) * (1 - _OFF)))
    units = f"{Decimal(tokens) / _MILLION:f}"
    return _line(
        ServiceName=service,
        ChargeCategory="Usage",
        BilledCost=paid,
        EffectiveCost=paid,
        ContractedCost=paid,
        ListCost=usd(pico),
        ConsumedQuantity=units,
        ConsumedUnit="Units",
        SkuMeter=f"USE1-MP:USE1_{SKUS[kind]}-Units",
    )


def _line(**told: str) -> Line:
    return {
        "BilledCost": "0",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-09-01T00:00:00Z",
        "BillingPeriodEnd": "2026-10-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargePeriodStart": "2026-09-30T00:00:00Z",
        "ChargePeriodEnd": "2026-10-01T00:00:00Z",
        "ConsumedQuantity": "",
        "ConsumedUnit": "",
        "ContractedCost": "",
        "EffectiveCost": "",
        "InvoiceId": "synthetic-aws-2026-09",
        "ListCost": "",
        "ProviderName": "AWS",
        "RegionId": "us-east-1",
        "ResourceName": "",
        "ServiceName": "",
        "SkuMeter": "",
        "SubAccountId": "111122223333",
        "Tags": f'{{"note": "{CANARY}"}}',
        **told,
    }
