"""Shopify: signed webhooks in, GraphQL Admin API for the state and for what we tell back.

API version 2026-01 (asked in the address; the credentials may name another).
https://shopify.dev/docs/api/admin-graphql/2026-01/objects/Return · https://shopify.dev/docs/apps/build/webhooks

Known oddities
- A webhook carries ids and quantities, no SKU and no address: the state is always asked for. Webhooks write statuses in
  lower case, the API in capitals; `OPEN` is what everyone else calls approved.
- The signature covers the body alone. Topic, event id and instant stand in unsigned headers, so none of them moves a
  return by itself. Headers come as `X-Shopify-…` and, newer, as `Shopify-…`.
- GraphQL refuses inside HTTP 200: over the cost limit `errors[].extensions.code` is `THROTTLED`, and a mutation that did
  not act says so in `userErrors`.
- `returns/approve`, `reverse_deliveries/attach_deliverable` and `reverse_fulfillment_orders/dispose` bodies have not been
  seen by us; they are searched for the return's id instead of being read by position.
- A `Return` has no time of its last change: `version_at` stays empty, and the answer that was asked for last wins.
- The buyer's address needs Shopify's approval for protected customer data; without it the return comes without one.
- `returnRequest` takes no reference of ours, and no key that makes a repetition safe: after a lost reply nobody could tell
  whether the request was made, so an application is not handed in here. It is decided by hand, as everywhere without.
  A request that a buyer made is approved and declined by `returnApproveRequest` and `returnDeclineRequest`.
- Scopes: read_returns, write_returns, read_orders.
"""

from adapters.platforms.shopify.client import Shopify

ADAPTER = Shopify
