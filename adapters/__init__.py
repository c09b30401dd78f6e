"""The outside world: one folder per carrier, platform or invoice format. Adapters talk and translate and remember nothing."""
