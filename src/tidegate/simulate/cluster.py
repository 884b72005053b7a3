"""Replays on a Dask cluster: the same units, the same bytes; a worker that dies only costs the time of its replays."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tidegate.simulate.trial import Setting, run
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from tidegate.simulate.backtest import Runner, Unit
    from tidegate.simulate.measures import Tally

RETRIES = 5
"""How often a replay is begun again after an error that is not its own."""


@contextmanager
def on_cluster(address: str, *, timeout: float = 10.0) -> Generator[Runner]:
    """Connect to a Dask scheduler and give a runner for `backtest`.

    Parameters
    ----------
    address
        Such as ``tcp://scheduler:8786``; every worker needs tidegate installed.
    timeout
        Seconds to wait for the scheduler.

    Raises
    ------
    MissingExtraError
        When the ``cluster`` extra is not installed.
    InputError
        If nobody answers at the address.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise MissingExtraError("cluster", "replays on a Dask cluster") from error
    try:
        client = Client(address, timeout=timeout)
    except (OSError, ValueError) as error:
        raise InputError("no Dask scheduler answers", value=address, expected="such as tcp://scheduler:8786") from error

    def runner(setting: Setting, units: Sequence[Unit]) -> Iterable[tuple[Unit, Tally]]:
        shared = client.scatter(setting, broadcast=True, hash=False)
        futures = {client.submit(run, shared, *unit, pure=False, retries=RETRIES): unit for unit in units}
        for future, tally in as_completed(list(futures), with_results=True):
            yield futures[future], tally

    with client:
        yield runner
