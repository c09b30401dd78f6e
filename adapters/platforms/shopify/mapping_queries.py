"""What we ask, in GraphQL. Pages are small because a query's price is the product of its page sizes (limit 1,000)."""

RETURN_LINES = 50
ORDERS = 50

RETURN = """
query Return($id: ID!, $lines: Int!, $after: String) {
  return(id: $id) {
    id name status createdAt
    order {
      id name createdAt email
      shippingAddress { name company address1 address2 city province provinceCode zip countryCodeV2 phone }
      fulfillments(first: 5) {
        trackingInfo(first: 1) { number }
        fulfillmentLineItems(first: 20) { nodes { id } }
      }
    }
    exchangeLineItems(first: 1) { nodes { id } }
    returnLineItems(first: $lines, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id quantity
        ... on ReturnLineItem {
          returnReason returnReasonNote customerNote
          returnReasonDefinition { handle name }
          totalWeight { value unit }
          fulfillmentLineItem {
            id
            lineItem {
              sku title
              discountedUnitPriceAfterAllDiscountsSet { presentmentMoney { amount currencyCode } }
            }
          }
        }
      }
    }
    reverseFulfillmentOrders(first: 3) {
      nodes {
        id status
        reverseDeliveries(first: 5) {
          nodes { id deliverable { ... on ReverseDeliveryShippingDeliverable { tracking { number } } } }
        }
      }
    }
  }
}
"""

CHANGED_RETURNS = """
query ChangedReturns($changed: String!, $orders: Int!, $after: String) {
  orders(first: $orders, after: $after, query: $changed, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id returns(first: 10) { nodes { id } } }
  }
}
"""

DELIVERIES = """
query Deliveries($id: ID!) {
  return(id: $id) {
    id
    reverseFulfillmentOrders(first: 10) {
      nodes {
        id status
        reverseDeliveries(first: 20) {
          nodes { id deliverable { ... on ReverseDeliveryShippingDeliverable { tracking { number } } } }
        }
      }
    }
  }
}
"""

CREATE_DELIVERY = """
mutation CreateDelivery(
  $order: ID!, $lines: [ReverseDeliveryLineItemInput!]!,
  $tracking: ReverseDeliveryTrackingInput, $label: ReverseDeliveryLabelInput
) {
  reverseDeliveryCreateWithShipping(
    reverseFulfillmentOrderId: $order, reverseDeliveryLineItems: $lines, trackingInput: $tracking, labelInput: $label
  ) {
    reverseDelivery { id }
    userErrors { code field message }
  }
}
"""

SUBSCRIPTIONS = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id topic uri }
  }
}
"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $wanted: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $wanted) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

GOODS = """
query Goods($id: ID!) {
  return(id: $id) {
    id
    returnLineItems(first: 50) {
      pageInfo { hasNextPage }
      nodes { id ... on ReturnLineItem { fulfillmentLineItem { id } } }
    }
    reverseFulfillmentOrders(first: 3) {
      pageInfo { hasNextPage }
      nodes {
        id status
        lineItems(first: 50) {
          pageInfo { hasNextPage }
          nodes { id totalQuantity fulfillmentLineItem { id } dispositions { type quantity } }
        }
      }
    }
  }
}
"""

DISPOSE = """
mutation Dispose($goods: [ReverseFulfillmentOrderDisposeInput!]!) {
  reverseFulfillmentOrderDispose(dispositionInputs: $goods) {
    reverseFulfillmentOrderLineItems { id }
    userErrors { code field message }
  }
}
"""

STATUS = """
query Status($id: ID!) {
  return(id: $id) { id status }
}
"""

APPROVE = """
mutation Approve($input: ReturnApproveRequestInput!) {
  returnApproveRequest(input: $input) { userErrors { code field message } }
}
"""

DECLINE = """
mutation Decline($input: ReturnDeclineRequestInput!) {
  returnDeclineRequest(input: $input) { userErrors { code field message } }
}
"""

ANSWERS = {"returnApproveRequest": APPROVE, "returnDeclineRequest": DECLINE}
"""What answers a request, by mutation."""
