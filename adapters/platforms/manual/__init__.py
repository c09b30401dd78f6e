"""No platform at all: returns are created by hand or through our own API, and nothing is received or told.

For exporters who sell without a shop, and for applications that are decided at the review desk of the console. There are
no credentials and no capabilities; a message that claims to come from here is rejected.
"""

from adapters.platforms.manual.client import Manual

ADAPTER = Manual
