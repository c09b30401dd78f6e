"""The one table of the API: handlers, the OpenAPI file, and the tests are made from it."""

from collections.abc import Sequence

from gateway.web.api import (
    applying,
    bearers,
    bookings,
    charge_types,
    claims,
    customs,
    disputes,
    invoices,
    limits,
    moving,
    papers,
    parties,
    proofs,
    returns,
    statements,
    tariffs,
    thread,
    validation,
    waiting,
)
from gateway.web.asked import (
    AskedAcceptance,
    AskedAccount,
    AskedChannel,
    AskedEndpoint,
    AskedPickup,
    AskedRenewal,
    AskedReturn,
    AskedSource,
    FreshBooking,
    KnownBooking,
    Nothing,
    SaidFiling,
    SaidNumber,
    SaidReason,
    SuppliedAddress,
)
from gateway.web.asked_applying import AskedApplication, AskedPapers, AskedTerms, SaidWhy
from gateway.web.asked_claims import AskedClaim, ChangedClaim, SaidAccepted, SaidPaid, SaidRejected
from gateway.web.asked_customs import AskedCustoms, SaidRelief
from gateway.web.asked_limits import AskedExtension, AskedPause, AskedResume, SaidClaim
from gateway.web.asked_money import AskedBearers, AskedChargeType
from gateway.web.asked_thread import AskedMessage
from gateway.web.endpoint import Either, Parameter, Route
from gateway.web.media import UPLOADS
from gateway.web.told import (
    AcceptancesTold,
    AcceptanceTold,
    AttemptTold,
    BookingTold,
    DeadlineTold,
    DocumentTold,
    Page,
    PickupTold,
    ReturnSummary,
    ReturnTold,
    TimelineTold,
    TrackingsTold,
)
from gateway.web.told_applying import ApplicationSummary, ApplicationTold, CheckTold, TermsTold
from gateway.web.told_claims import ClaimSummary, ClaimTold
from gateway.web.told_customs import CustomsTold
from gateway.web.told_money import (
    BearersTold,
    ChargeTypeTold,
    DisputeSummary,
    DisputeTold,
    StatementTold,
    UnknownChargeTold,
)
from gateway.web.told_parties import (
    AccountTold,
    CarrierTold,
    ChannelTold,
    DeliveryTold,
    EndpointTold,
    ImportTold,
    InvoiceSummary,
    InvoiceTold,
    MessageTold,
    NewEndpointTold,
    PlatformTold,
    SourceTold,
    TaskTold,
)
from gateway.web.told_tariffs import TariffSummary, TariffTold, TriedTold
from gateway.web.told_thread import ThreadMessageTold
from gateway.web.told_validation import CarrierStandingTold, ValidationTold
from schemas.acceptance import DeadlineState
from schemas.returns import ReturnStatus
from schemas.terms import ApplicationState

PAGED = (
    Parameter("limit", r"-?[0-9A-Za-z]{1,20}", "1 to 200, 50 if you say nothing"),
    Parameter("cursor", r"[A-Za-z0-9_=-]{1,1000}", "`next` of the page before"),
)
INSTANT = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"


def _choice(name: str, values: Sequence[str]) -> Parameter:
    return Parameter(name, "|".join(values), f"one of {', '.join(values)}")


STATUS = _choice("status", [status.value for status in ReturnStatus])
DUE = (
    _choice("state", [state.value for state in DeadlineState]),
    Parameter("due_before", INSTANT, "an instant by RFC 3339"),
)
FORMAT = Parameter("format", r"[a-z0-9_]{1,40}", "a reader's id; without it the file is recognised")
PROFILE = Parameter(
    "profile", r".{1,6000}", "a mapping profile: the name of a shipped one, or its text as one line of JSON"
)
STATED_AS = (
    Parameter("as", "json|csv|xlsx|beancount", "json, csv, xlsx or beancount; JSON if you say nothing"),
    Parameter("currency", "[A-Z]{3}", "what each bill comes to in this currency too, by the operator's rates"),
)
OF_RETURN = Parameter("return_id", r"ret_[0-9a-z]{26}|ext:.{1,100}", "the return it belongs to")
VERSION = Parameter("version", r"[1-9][0-9]{0,5}", "of the acceptance; the last one if you say nothing")
SPOKEN = _choice("lang", ["en", "zh"])
SEARCH = Parameter("q", r".{1,4000}", "any number: RMA, order, waybill, e-mail, last seven digits of a phone")
DELIVERY_STATE = _choice("state", ["waiting", "delivered", "dead"])
MESSAGE_STATE = _choice("state", ["received", "processed", "ignored", "quarantined"])
APPLICATION_STATE = _choice("state", [state.value for state in ApplicationState])
TASK_STATE = _choice("state", ["open", "done"])

# fmt: off
ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/returns", returns.list_returns, "returns", "List or search returns",
          Page[ReturnSummary], query=(*PAGED, STATUS, SEARCH)),
    Route("POST", "/v1/returns", returns.create_return, "returns", "Make a return by hand; an approved one is booked",
          ReturnTold, 201, AskedReturn, key="required"),
    Route("POST", "/v1/returns:validate", validation.validate_return, "returns",
          "What would become of it: carrier, price, limits, what is missing; nothing is written",
          ValidationTold, 200, Either("return_id", KnownBooking, AskedReturn), own_transaction=True),
    Route("GET", "/v1/returns/{id}", returns.get_return, "returns", "One return, with all that hangs on it", ReturnTold),
    Route("GET", "/v1/returns/{id}/timeline", returns.get_timeline, "returns", "All that happened, in order", TimelineTold),
    Route("POST", "/v1/returns/{id}/address", returns.supply_address, "returns", "Give a missing address; it is booked then",
          ReturnTold, 200, SuppliedAddress, key="required"),
    Route("POST", "/v1/returns/{id}/cancel", returns.cancel_return, "returns", "Cancel a return, voiding what is booked",
          ReturnTold, 202, key="accepted"),
    Route("GET", "/v1/returns/{id}/messages", thread.list_thread, "returns", "What was written about it, the newest first",
          Page[ThreadMessageTold], query=PAGED),
    Route("POST", "/v1/returns/{id}/messages", thread.post_message, "returns",
          "Write to the others, and say until when you want an answer", ThreadMessageTold, 201, AskedMessage, key="required"),
    Route("GET", "/v1/returns/{id}/acceptances", papers.list_acceptances, "acceptances", "Every version of the acceptance",
          AcceptancesTold),
    Route("POST", "/v1/returns/{id}/acceptances", papers.create_acceptance, "acceptances", "Record an acceptance",
          AcceptanceTold, 201, AskedAcceptance, key="accepted"),
    Route("GET", "/v1/returns/{id}/customs", customs.get_customs, "returns",
          "Reliefs that come into question, with all that speaks for and against them", CustomsTold),
    Route("GET", "/v1/returns/{id}/evidence", proofs.get_evidence, "acceptances",
          "The evidence of an acceptance: PDF, files and their hashes in one ZIP", query=(VERSION, SPOKEN)),
    Route("GET", "/v1/returns/{id}/customs/papers", proofs.get_customs_papers, "returns",
          "Customs papers as PDF: commercial invoice for returned goods, reason, same state", query=(SPOKEN,)),
    Route("POST", "/v1/returns/{id}/customs", customs.describe_customs, "returns", "Say what is known of the export",
          CustomsTold, 200, AskedCustoms, key="accepted"),
    Route("POST", "/v1/returns/{id}/customs/confirm", customs.confirm_customs, "admin",
          "A person confirms a relief; its period runs, and the return is planned", CustomsTold, 200, SaidRelief,
          key="required"),
    Route("GET", "/v1/terms", applying.list_terms, "returns", "List sales terms, the newest version first",
          Page[TermsTold], query=PAGED),
    Route("POST", "/v1/terms", applying.create_terms, "admin", "Agree on sales terms, or on their next version",
          TermsTold, 201, AskedTerms, key="accepted"),
    Route("GET", "/v1/terms/{id}", applying.get_terms, "returns", "One version of sales terms", TermsTold),
    Route("GET", "/v1/applications", applying.list_applications, "returns", "List applications",
          Page[ApplicationSummary], query=(*PAGED, APPLICATION_STATE)),
    Route("POST", "/v1/applications", applying.create_application, "returns", "Apply for a return, with papers",
          ApplicationTold, 201, AskedApplication, key="accepted"),
    Route("POST", "/v1/applications:check", applying.check_application, "returns",
          "What each clause would say of an application; nothing is written", CheckTold, 200, AskedApplication),
    Route("GET", "/v1/applications/{id}", applying.get_application, "returns", "One application, with its terms",
          ApplicationTold),
    Route("POST", "/v1/applications/{id}/papers", applying.add_papers, "returns", "Hand in more papers",
          ApplicationTold, 200, AskedPapers, key="accepted"),
    Route("POST", "/v1/applications/{id}/withdraw", applying.withdraw_application, "returns", "Take it back",
          ApplicationTold, 200, key="accepted"),
    Route("POST", "/v1/applications/{id}/approve", applying.approve_application, "admin",
          "Approve it: the return is approved, and planned", ApplicationTold, 200, key="required"),
    Route("POST", "/v1/applications/{id}/reject", applying.reject_application, "admin", "Reject it, and say why",
          ApplicationTold, 200, SaidWhy, key="accepted"),
    Route("POST", "/v1/applications/{id}/ask_papers", applying.ask_papers, "admin", "Ask for more papers",
          ApplicationTold, 200, SaidWhy, key="accepted"),
    Route("POST", "/v1/bookings", bookings.create_booking, "bookings", "Book a return at its designated channel's carrier",
          BookingTold, 202, Either("return_id", KnownBooking, FreshBooking), key="required"),
    Route("GET", "/v1/bookings/{id}", bookings.get_booking, "bookings", "A booking with its attempts", BookingTold),
    Route("POST", "/v1/bookings/{id}/void", bookings.void_booking, "bookings", "Void a booking",
          BookingTold, 202, key="accepted"),
    Route("POST", "/v1/bookings/{id}/renew", bookings.renew_booking, "bookings", "Renew an authorisation that has expired",
          BookingTold, 202, AskedRenewal, key="required"),
    Route("POST", "/v1/bookings/{id}/release", bookings.release_booking, "bookings",
          "Let a live booking go that cannot be voided", BookingTold, 200, SaidReason, key="accepted"),
    Route("POST", "/v1/attempts/{id}/exists", bookings.say_exists, "bookings", "Say that an unknown attempt exists there",
          AttemptTold, 200, SaidNumber, key="accepted"),
    Route("POST", "/v1/attempts/{id}/absent", bookings.say_absent, "bookings", "Say that it does not",
          AttemptTold, 200, key="accepted"),
    Route("GET", "/v1/pickups", moving.list_pickups, "bookings", "List pickups", Page[PickupTold], query=PAGED),
    Route("POST", "/v1/pickups", moving.create_pickup, "bookings", "Have shipments collected",
          PickupTold, 202, AskedPickup, key="required"),
    Route("GET", "/v1/pickups/{id}", moving.get_pickup, "bookings", "One pickup", PickupTold),
    Route("POST", "/v1/pickups/{id}/cancel", moving.cancel_pickup, "bookings", "Cancel a pickup",
          PickupTold, 202, key="accepted"),
    Route("GET", "/v1/trackings/{number}", moving.get_tracking, "tracking", "Tracking by any number", TrackingsTold),
    Route("POST", "/v1/trackings/{number}/refresh", moving.refresh_tracking, "tracking", "Ask the carrier soon",
          TrackingsTold, 202, key="accepted"),
    Route("GET", "/v1/deadlines", waiting.list_deadlines, "returns", "Deadlines, the first to end first",
          Page[DeadlineTold], query=(*PAGED, *DUE)),
    Route("GET", "/v1/deadlines/{id}", limits.get_deadline, "returns", "One deadline", DeadlineTold),
    Route("POST", "/v1/deadlines/{id}/pause", limits.pause_deadline, "acceptances", "Stop its clock, with a reason",
          DeadlineTold, 200, AskedPause, key="accepted"),
    Route("POST", "/v1/deadlines/{id}/resume", limits.resume_deadline, "acceptances", "Let its clock go on",
          DeadlineTold, 200, AskedResume, key="accepted"),
    Route("POST", "/v1/deadlines/{id}/extend", limits.extend_deadline, "acceptances", "More time, as its terms give it",
          DeadlineTold, 200, AskedExtension, key="accepted"),
    Route("POST", "/v1/deadlines/{id}/file", limits.file_claim, "acceptances", "Say that the claim is with the carrier",
          DeadlineTold, 200, SaidClaim, key="accepted"),
    Route("POST", "/v1/documents", papers.upload_document, "acceptances", "Upload a photograph or paper",
          DocumentTold, 201, upload=UPLOADS, query=(OF_RETURN,), key="accepted"),
    Route("GET", "/v1/documents/{id}", papers.get_document, "returns", "A file, as an attachment"),
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
    Route("GET", "/v1/webhook_endpoints", waiting.list_endpoints, "endpoints", "List endpoints", Page[EndpointTold]),
    Route("POST", "/v1/webhook_endpoints", waiting.create_endpoint, "endpoints", "Add an endpoint; its secret is shown once",
          NewEndpointTold, 201, AskedEndpoint, key="accepted"),
    Route("GET", "/v1/webhook_endpoints/{id}", waiting.get_endpoint, "endpoints", "One endpoint", EndpointTold),
    Route("DELETE", "/v1/webhook_endpoints/{id}", waiting.delete_endpoint, "endpoints", "Tell it no more", None, 204),
    Route("POST", "/v1/webhook_endpoints/{id}/test", waiting.test_endpoint, "endpoints", "Send it a test",
          DeliveryTold, 202, key="accepted"),
    Route("GET", "/v1/deliveries", waiting.list_deliveries, "endpoints", "What was told, and what waits to be",
          Page[DeliveryTold], query=(*PAGED, DELIVERY_STATE)),
    Route("POST", "/v1/deliveries/{id}/resend", waiting.resend_delivery, "endpoints", "Send it again now",
          DeliveryTold, 202, key="accepted"),
    Route("GET", "/v1/tasks", waiting.list_tasks, "returns", "What waits for a person, the oldest first",
          Page[TaskTold], query=(*PAGED, TASK_STATE)),
    Route("POST", "/v1/tasks/{id}/done", waiting.finish_task, "returns", "It is done", TaskTold, 200, key="accepted"),
    Route("GET", "/v1/messages", waiting.list_messages, "admin", "What came in", Page[MessageTold],
          query=(*PAGED, MESSAGE_STATE)),
    Route("POST", "/v1/messages/{id}/redrive", waiting.redrive_message, "admin", "Read a message again",
          MessageTold, 202, own_transaction=True),
    Route("GET", "/v1/accounts", parties.list_accounts, "admin", "List carrier accounts", Page[AccountTold]),
    Route("POST", "/v1/accounts", parties.create_account, "admin", "Add a carrier account",
          AccountTold, 201, AskedAccount, key="accepted"),
    Route("GET", "/v1/accounts/{id}", parties.get_account, "admin", "One carrier account", AccountTold),
    Route("POST", "/v1/accounts/{id}/resume", parties.resume_account, "admin", "Open a paused account again",
          AccountTold, 200, key="accepted"),
    Route("GET", "/v1/sources", parties.list_sources, "admin", "List platform sources", Page[SourceTold]),
    Route("POST", "/v1/sources", parties.create_source, "admin", "Add a platform source",
          SourceTold, 201, AskedSource, key="accepted"),
    Route("GET", "/v1/sources/{id}", parties.get_source, "admin", "One platform source", SourceTold),
    Route("GET", "/v1/channels", parties.list_channels, "admin", "List designated channels", Page[ChannelTold]),
    Route("POST", "/v1/channels", parties.create_channel, "admin", "Add a designated channel",
          ChannelTold, 201, AskedChannel, key="accepted"),
    Route("GET", "/v1/channels/{id}", parties.get_channel, "admin", "One designated channel", ChannelTold),
    Route("GET", "/v1/standing", validation.list_standing, "returns", "How each carrier has done for you",
          Page[CarrierStandingTold]),
    Route("GET", "/v1/carriers", parties.list_carriers, "returns", "What each carrier adapter can do", Page[CarrierTold]),
    Route("GET", "/v1/platforms", parties.list_platforms, "returns", "What each platform adapter can do",
          Page[PlatformTold]),
)
# fmt: on
