"""The part of the one table that is about money: bills, disputes, claims and statements."""

from gateway.web.api import (
    bearers,
    charge_types,
    claims,
    disputes,
    invoices,
    ledger,
    statements,
    tariffs,
)
from gateway.web.asked import (
    Nothing,
    SaidFiling,
    SaidReason,
)
from gateway.web.asked_claims import AskedClaim, ChangedClaim, SaidAccepted, SaidPaid, SaidRejected
from gateway.web.asked_money import AskedBearers, AskedChargeType
from gateway.web.endpoint import Either, Route
from gateway.web.parameters import FORMAT, PAGED, PROFILE, SPOKEN, STATED_AS
from gateway.web.told import (
    Page,
)
from gateway.web.told_claims import ClaimSummary, ClaimTold
from gateway.web.told_money import (
    BearersTold,
    ChargeTypeTold,
    DisputeSummary,
    DisputeTold,
    StatementTold,
    UnknownChargeTold,
)
from gateway.web.told_parties import (
    ImportTold,
    InvoiceSummary,
    InvoiceTold,
)
from gateway.web.told_tariffs import TariffSummary, TariffTold, TriedTold

# fmt: off
MONEY: tuple[Route, ...] = (
    Route("GET", "/v1/invoices", invoices.list_invoices, "invoices", "List carriers' invoices",
          Page[InvoiceSummary], query=PAGED),
    Route("POST", "/v1/invoices", invoices.upload_invoice, "invoices", "Import an invoice file",
          ImportTold, 202, upload=("application/octet-stream", "text/csv"), query=(FORMAT, PROFILE), own_transaction=True),
    Route("GET", "/v1/invoices/{id}", invoices.get_invoice, "invoices", "An invoice, its lines and findings", InvoiceTold),
    Route("GET", "/v1/charge-types", charge_types.list_charge_types, "invoices",
          "What was decided that carriers' unknown charges are, the newest version first", Page[ChargeTypeTold], query=PAGED),
    Route("POST", "/v1/charge-types", charge_types.create_charge_type, "invoices",
          "Decide what a carrier's charge is: all lines that wait for it are judged again", ChargeTypeTold, 201,
          AskedChargeType, key="required"),
    Route("GET", "/v1/charge-types:waiting", charge_types.list_unknown_charges, "invoices",
          "Unknown charges that wait for a decision, the most lines first; at most 200", Page[UnknownChargeTold]),
    Route("GET", "/v1/bearers", bearers.list_bearers, "invoices", "List versions of who bears which charge, the newest first",
          Page[BearersTold], query=PAGED),
    Route("POST", "/v1/bearers", bearers.create_bearers, "admin", "Decide who bears which charge, for bills from a day on",
          BearersTold, 201, AskedBearers, key="accepted"),
    Route("GET", "/v1/tariffs", tariffs.list_tariffs, "invoices", "List versions of tariffs, the newest first",
          Page[TariffSummary], query=PAGED),
    Route("POST", "/v1/tariffs", tariffs.create_tariff, "admin", "Agree on a tariff, or on its next version (YAML, CSV)",
          TariffTold, 201, upload=tariffs.FILES, query=(tariffs.ACCOUNT,), key="accepted"),
    Route("POST", "/v1/tariffs:try", tariffs.try_tariff, "invoices",
          "What a shipment would come to by a tariff's file; nothing is written", TriedTold, 200, upload=tariffs.FILES,
          query=tariffs.SAMPLE, own_transaction=True),
    Route("GET", "/v1/tariffs/{id}", tariffs.get_tariff, "invoices", "One version of a tariff", TariffTold),
    Route("GET", "/v1/disputes", disputes.list_disputes, "invoices", "List disputes, drafts among them",
          Page[DisputeSummary], query=PAGED),
    Route("GET", "/v1/disputes/{id}", disputes.get_dispute, "invoices", "A dispute, its lines and its evidence", DisputeTold),
    Route("POST", "/v1/disputes/{id}/file", disputes.file_dispute, "invoices",
          "File it through the carrier's API; with a reference, say that the document was sent", DisputeTold, 200,
          Either("reference", SaidFiling, Nothing), key="required"),
    Route("GET", "/v1/disputes/{id}/pack", disputes.get_pack, "invoices",
          "The document to send: letter, lines and evidence in one ZIP", query=(SPOKEN,)),
    Route("POST", "/v1/disputes/{id}/withdraw", disputes.withdraw_dispute, "invoices",
          "Accept what is left of it: it is borne like any other charge", DisputeTold, 200, SaidReason, key="accepted"),
    Route("GET", "/v1/claims", claims.list_claims, "invoices", "List claims", Page[ClaimSummary], query=PAGED),
    Route("POST", "/v1/claims", claims.open_claim, "invoices", "Open a claim for goods lost, damaged or late",
          ClaimTold, 201, AskedClaim, key="accepted"),
    Route("GET", "/v1/claims/{id}", claims.get_claim, "invoices", "A claim, what it brings, and what bounds it", ClaimTold),
    Route("POST", "/v1/claims/{id}/change", claims.change_claim, "invoices", "Say what a draft asks for",
          ClaimTold, 200, ChangedClaim, key="accepted"),
    Route("POST", "/v1/claims/{id}/file", claims.send_claim, "invoices",
          "File it through the carrier's API; with a reference, say that the document was sent", ClaimTold, 200,
          Either("reference", SaidFiling, Nothing), key="required"),
    Route("GET", "/v1/claims/{id}/pack", claims.get_claim_pack, "invoices",
          "The document to send: letter, goods and evidence in one ZIP", query=(SPOKEN,)),
    Route("POST", "/v1/claims/{id}/answer", claims.answer_claim, "invoices", "What the carrier answered: so much, or why not",
          ClaimTold, 200, Either("reason", SaidRejected, SaidAccepted), key="accepted"),
    Route("POST", "/v1/claims/{id}/payment", claims.pay_claim, "invoices", "The money was seen; credits on bills are seen by "
          "themselves", ClaimTold, 200, SaidPaid, key="required"),
    Route("POST", "/v1/claims/{id}/withdraw", claims.withdraw_claim, "invoices", "Ask for nothing any more",
          ClaimTold, 200, SaidReason, key="accepted"),
    Route("GET", "/v1/statements/{month}", statements.get_statement, "invoices",
          "A month: what carriers billed, what is allocated, what is disputed", StatementTold, query=STATED_AS),
    Route("GET", "/v1/ledger", ledger.get_ledger, "invoices",
          "The books: every transfer as it was posted, in minor units (CSV, Parquet)", query=ledger.EXPORTED,
          own_transaction=True),
)
# fmt: on
