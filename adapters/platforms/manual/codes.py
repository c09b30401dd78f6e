"""A platform driven by hand has no codes."""
