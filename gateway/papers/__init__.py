"""Papers: what a person or an authority is shown of a return, as PDF, in English and Chinese. Pure: values in, bytes out.

Needs the extra `pdf`. The same values give the same bytes, so a paper's hash can be compared.
"""
