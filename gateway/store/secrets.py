"""Credentials at rest: sealed with Fernet, the key ring from the environment or a file that only the owner reads.

The first key seals, every key opens: a new key is put in front, and old rows are read until they are sealed anew. What a
secret belongs to is sealed with it, so that a row copied to another account does not open (Fernet has no associated data).
"""

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """The secret was sealed with a key that is not in the ring, or for something else."""


class Sealer:
    """Seals and opens secrets with a ring of Fernet keys, newest first."""

    def __init__(self, keys: list[str]) -> None:
        self._ring = MultiFernet([Fernet(key.encode()) for key in keys])

    @classmethod
    def from_file(cls, path: Path) -> "Sealer":
        """The keys of a file, one a line; the file is made with a fresh key where there is none."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(Fernet.generate_key().decode() + "\n")
        return cls(path.read_text().split())

    def seal(self, belongs_to: str, secret: str) -> str:
        return self._ring.encrypt(json.dumps([belongs_to, secret]).encode()).decode()

    def open(self, belongs_to: str, sealed: str) -> str:
        """Raises SealBroken."""
        try:
            owner, secret = json.loads(self._ring.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SealBroken(f"the secret of {belongs_to} was sealed with a key that is not in the ring") from error
        if owner != belongs_to:
            raise SealBroken(f"the secret of {belongs_to} was sealed for something else")
        return str(secret)
