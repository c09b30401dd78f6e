"""Names and codes of CII D16B and of its carriers. The UN's lists stand in `adapters.toolkit.uncefact`."""

ROOT = "CrossIndustryInvoice"
NAMESPACE = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

EMBEDDED = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "order-x.xml", "cii.xml")
"""What the file inside a PDF may be called, in small letters, the likeliest first."""

INVOICED_OBJECT = "130"
"""1001, type of a referenced document that names what is invoiced."""

NOT_SUMMED = frozenset({"GROUP", "INFORMATION"})
"""Status reasons of lines that repeat others (profile EXTENDED)."""
