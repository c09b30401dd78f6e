"""Carriers, one folder each; the folder name is the id."""
