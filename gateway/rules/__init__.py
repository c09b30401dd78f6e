"""Pure rules: what the journeys decide by. They know the schemas, and neither clock nor network."""
