"""eBay: the Post-Order API for the state and for what we tell back; Platform Notifications as hints.

Post-Order API v2 (its manual's version 2.7.7): https://developer.ebay.com/devzone/post-order/index.html
Platform Notifications: the events `Return…`, subscribed by SetNotificationPreferences of the Trading API.

Known oddities
- There is no sandbox for returns: every call of this API says so in its manual. We have run none of it against eBay.
- The token is an ordinary OAuth one, and goes under `IAF` instead of `Bearer`.
- A notification's published form has an empty SOAP header. The older signature covers a time and the application's ids, not
  what is said. So all of them are hints: only the return's id is taken, and the return is asked for.
- A search goes by the day of creation or by what is due of the seller; nothing tells what changed. What neither finds is
  learned from notifications.
- `state` and `status` are two vocabularies. `state` is the finer one and decides; an escalation stands in `status` alone.
- The buyer's address is not told: the return waits for one. The SKU is not told either.
- A return has no time of its last change; the youngest entry of its history stands for it.
- Whoever writes in a return's thread writes to the buyer, in the seller's name. So what the service writes is not told here,
  and what the exporter writes ends with our reference: messages have no id, and by it a repetition is known.
- The buyer's messages come with the return. They have no id either: author, instant and words make one.
- Our label is told as the seller's own (`PURCHASE_LABEL`), its address in the comment: a file would have to be uploaded. Its
  carrier goes by name, since eBay's table of carriers is short.
- eBay takes no judgement of goods that came back: what was accepted is marked as received; refunds name amounts, and a
  rejection is a case. Both are done by hand.
- A return cannot be applied for by the seller, so there is no application.
"""

from adapters.platforms.ebay.client import Ebay

ADAPTER = Ebay
"""One seller on eBay."""
