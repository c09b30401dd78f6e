"""What happens, in what order. A journey is a plain function whose first argument is the open Gateway or a transaction.

Every job has one shape: read (claim the turn), call once, write (only if the turn is still ours).
"""
