"""Carrier invoice formats, one folder each; the folder name is the id."""
