"""The sandbox carrier's bill, version 1: CSV, a row for each invoice with its total and a row for each charge.

Documentation: `COLUMNS` and `build_bill` in `gateway/sandbox/papers.py`. UTF-8, comma, a point in amounts, ISO dates. One
file may hold several invoices; the rows of one need not stand together.
"""

from adapters.invoices.sandbox_csv.reader import SandboxCsv

ADAPTER = SandboxCsv
