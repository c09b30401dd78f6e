"""The vocabulary of Homeward: frozen models and closed enums, the same on every side of the seam.

Nothing here imports anything of ours, talks to anybody or knows the time. One module per subject; a word has one meaning.
"""
