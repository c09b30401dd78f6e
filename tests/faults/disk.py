"""A disk that can be full: a small tmpfs over the data folder. It needs the right to mount, as root has; without it the test
is skipped and says so."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTES = 8


class Disk:
    """A folder with so much space and no more."""

    def __init__(self, folder: Path) -> None:
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave nothing."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (65_536, 4096, 512, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def empty(self) -> None:
        """Give the space back."""
        self.ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Put a small disk in the folder's place, with the same files on it."""
    kept = Path(tempfile.mkdtemp(prefix="homeward-kept-", dir=folder.parent))
    shutil.copytree(folder, kept, dirs_exist_ok=True)
    options = f"size={MEGABYTES}m"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no right to mount a small disk here: {mounted.stderr.decode().strip()}")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
