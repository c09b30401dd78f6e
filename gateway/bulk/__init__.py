"""Millions of billed lines against millions of bookings at once, without a database: two CSV files in, findings out.

For whoever wants to know what last year's bills were worth before anything of his runs here, and for bills too large to be
judged line by line. Lines are matched, and those of shipments on which nothing unusual happened are judged, column by column
(polars, the extra `homeward[bulk]`); every shipment with a repeated line, a credit, duty, tax, a second invoice or anything
else that needs an account of its own goes to `rules/judging.py`, whose verdicts those of the columns must equal.

This room is asked in a process of its own: it knows neither the store nor the loop.
"""
