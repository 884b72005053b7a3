"""Make a data folder as good as new, keys apart: `make run` begins with it. Refused while a service runs there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tidegate.server import embedded
from tidegate.server.locks import FileLock


def main(folder: Path) -> int:
    """Stop the database of a service that was killed, and remove it."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "serve.lock") as lock:
        if not lock.acquire(wait=False):
            print(f"tidegate: the demo runs already (process {lock.holder()}); stop it first", file=sys.stderr)
            return 2
        if (folder / embedded.FOLDER / "postmaster.pid").exists():
            embedded.stop(embedded.start(folder))
        shutil.rmtree(folder / embedded.FOLDER, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
