"""Collections at Chronopost ("enlèvement sur demande") of parcels that already have their labels."""

from typing import Any

from adapters.carriers.chronopost import codes
from adapters.carriers.chronopost.mapping import (
    LANGUAGE,
    Credentials,
    centimetres,
    create_error,
    error_code,
    instant,
    local,
    phone_digits,
    result_of,
    said,
)
from adapters.toolkit import xml
from schemas.errors import OutcomeUnknown, Unintelligible, Unsupported
from schemas.shipments import Pickup, PickupRequest, RefundState, VoidOutcome, VoidReceipt
from schemas.values import tidy

HERE = frozenset({"FR", "MC"})


def build_pickup(request: PickupRequest, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `creerEnlevementNational`. Raises Unsupported outside France.

    `creerEnlevementEurope` wants the DPD product of every consignee, which no public paper lists.
    """
    if request.address.country not in HERE:
        raise Unsupported("Chronopost collects for us in France only", field="address.country")
    return {
        "headerValue": credentials.header,
        "password": credentials.secret,
        "datePassage": local(request.ready_at, request.zone),
        "datePassageFermeture": local(request.close_at, request.zone),
        "donneurDOrdre": _orderer(request),
        "adresseEnlevement": _place(request),
        "particulartiesEsd": _goods(request),
        "referenceEsdClient": request.client_ref,
        "contenu": request.parcels[0].description,
        "options": _options(request),
        "locale": LANGUAGE,
    }


def _orderer(request: PickupRequest) -> dict[str, Any]:
    """Who has it collected: the consignee where it is known, else whoever hands over."""
    party = request.consignee or request.contact
    address = party.address
    return {
        "codeCivilite": "M",
        "codePays": address.country,
        "codePostal": address.postal_code,
        "EMail": party.email,
        "lieuDit": ", ".join(address.lines[1:]) or None,
        "nom": party.name,
        "raisonSociale": party.company,
        "telephone": phone_digits(party.phone),
        "ville": address.city,
        "voie": address.lines[0],
    }


def _place(request: PickupRequest) -> dict[str, Any]:
    address, contact = request.address, request.contact
    return {
        "codeCivilite": "M",
        "codePays": address.country,
        "codePostal": address.postal_code,
        "lieuDit": ", ".join(address.lines[1:]) or None,
        "nom": contact.name,
        "nomPersonneARencontrer": contact.name,
        "numeroVoie": address.lines[0],
        "porteAPorte": False,
        "raisonSociale": contact.company,
        "serviceDirection": request.location,
        "telephone": phone_digits(contact.phone),
        "ville": address.city,
        "email": contact.email,
        "refExpediteur": request.client_ref,
    }


def _goods(request: PickupRequest) -> dict[str, Any]:
    """The outer sizes of the largest parcel, in centimetres (0 says unknown), and the weight of all in kilograms."""
    sizes = [parcel.dimensions for parcel in request.parcels if parcel.dimensions]
    grams = sum(parcel.weight.grams for parcel in request.parcels)
    return {
        "etudeDeFaisabilite": False,
        "grosVolume": False,
        "hauteur": str(max((centimetres(size.height_mm) for size in sizes), default=0)),
        "instructionsParticulieres": request.instructions,
        "largeur": str(max((centimetres(size.width_mm) for size in sizes), default=0)),
        "listeColisAnnonces": ",".join(request.waybills) or None,
        "longueur": str(max((centimetres(size.length_mm) for size in sizes), default=0)),
        "nombreEnvois": str(len(request.parcels)),
        "poids": f"{grams // 1000}.{grams % 1000:03d}",
    }


def _options(request: PickupRequest) -> dict[str, bool]:
    return {
        "aviserSurRealisation": False,
        "chezUnTiers": request.consignee is not None,
        "envoyerLtParMail": False,
        "LTaImprimerParChronopost": False,
    }


def read_pickup(body: xml.Element) -> Pickup:
    """Of `creerEnlevementNational`. The confirmation is the number that cancels it."""
    result = result_of(body, "creerEnlevement")
    code, text = error_code(result, "codeErreur"), said(result, "libelleErreur")
    agreed = xml.child(result, "infoEnlevement")
    number = xml.text(agreed, "numeroUniqueESD")
    if code != "0" and number is None:
        raise create_error(code, text, codes.REFUSALS, codes.SHUT_ACCOUNT)
    if code != "0":
        raise OutcomeUnknown("an error and a number in one reply", wire_code=code, wire_text=text)
    confirmation = tidy(number or "", 100)
    if not confirmation:
        raise Unintelligible("no number of the collection in the reply")
    ours = xml.text(agreed, "refEsdClient")
    return Pickup(
        confirmation=confirmation,
        confirmations=(confirmation,),
        ready_at=instant(xml.text(agreed, "datePassage"))[0],
        wire_text=text,
        echoed_ref=tidy(ours, 100) if ours else None,
    )


def build_cancellation(pickup: Pickup, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `annulerEnlevements`: all numbers of one collection at once."""
    return {
        "accountNumber": credentials.account_number,
        "password": credentials.secret,
        "locale": LANGUAGE,
        "esdNumber": list(pickup.confirmations or (pickup.confirmation,)),
    }


def read_cancellation(body: xml.Element) -> VoidReceipt:
    """Of `annulerEnlevements` (manual, 2.3.5.b)."""
    result = result_of(body, "annulerEnlevements")
    code, text = error_code(result, "codeErreur"), said(result)
    if code != "0" and code not in codes.PICKUP_NOT_CANCELLED:
        raise create_error(code, text, codes.PICKUP_CANCEL_REFUSALS, codes.SHUT_ACCOUNT)
    outcome = VoidOutcome.VOIDED if code == "0" else VoidOutcome.REJECTED
    return VoidReceipt(outcome=outcome, refund=RefundState.NOT_APPLICABLE, wire_code=code, wire_text=text)
