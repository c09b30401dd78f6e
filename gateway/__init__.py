"""The rooms: decides, remembers and keeps time."""
