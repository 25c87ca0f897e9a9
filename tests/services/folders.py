"""Temporary folders in which a server can live: short enough for its socket, open to the user that it runs as."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

# A socket's path holds 104 bytes on macOS and 108 on Linux; the longest name put below a folder here takes 45.
LONGEST_PARENT = 55
# A database is a thousand files: copies take a twentieth of the time in memory, where that has room to spare.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 8 * 1024**3


def make_folder(name: str) -> Path:
    """Make a folder of our own for one server; whoever starts the server removes it.

    Raises RuntimeError where no temporary folder has a short path: TMPDIR can name one that has.
    """
    return Path(tempfile.mkdtemp(prefix=f"kakehashi-{name}-", dir=parent_of_folders()))


def make_unprivileged_folder(name: str) -> Path:
    """Make a folder as `make_folder` does, which belongs to nobody if we are root: what runs in it must not be root."""
    folder = make_folder(name)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def open_to_others(path: Path) -> bool:
    """Say whether a user who owns nothing can run `path`: it and every folder above it allow that."""
    return path.exists() and all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def parent_of_folders() -> Path:
    """Where temporary folders are made: where TMPDIR says; else in memory with room for them; else on the disk.

    Raises RuntimeError where none of them has a short path and is open to the user that servers run as.
    """
    candidates = [Path(tempfile.gettempdir()).resolve(), Path("/tmp")]
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        candidates.insert(0, MEMORY)
    for parent in candidates:
        if len(str(parent)) <= LONGEST_PARENT and (os.geteuid() != 0 or open_to_others(parent)):
            return parent
    raise RuntimeError(
        f"No temporary folder for a server's socket: {candidates} are too long or closed to other users. "
        "Set TMPDIR to a folder with a short path that everyone may enter."
    )


def _has_room(memory: Path) -> bool:
    """Whether files may lie in memory here; containers often have a few megabytes of it, from which nothing may run."""
    if not memory.is_dir():
        return False
    return shutil.disk_usage(memory).free >= ROOM_BYTES and not os.statvfs(memory).f_flag & os.ST_NOEXEC
