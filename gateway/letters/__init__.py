"""Letters: what is told by mail, in the exporter's language, and the relay that takes it."""
