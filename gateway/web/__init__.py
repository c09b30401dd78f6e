"""The doors: JSON API, webhooks in, console. A request becomes one journey call, or an answer that says why not."""
