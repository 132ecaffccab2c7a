"""The executors that a command line names: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PROCESSES, DASK = "processes", "dask:"
SECONDS = 10  # to find the Dask scheduler


@contextmanager
def executor_of(name: str) -> Iterator[tuple[Executor | None, int | None]]:
    """Yield the executor of a name, None for a pool of processes, and how many runs it carries out at a time.

    Parameters
    ----------
    name
        ``processes``, or ``dask:ADDRESS`` such as ``dask:tcp://10.0.0.1:8786``. Dask's workers must see the suite's
        folder under the same path and have the same schedlab. A run whose worker dies is given to another one.

    Raises
    ------
    InputError
        The name means nothing, Dask is not installed, or nothing answers at the address.
    """
    if name == PROCESSES:
        yield None, None
        return
    address = name.removeprefix(DASK)
    if not name.startswith(DASK) or not address:
        raise InputError(f"there is no executor {name!r}", mend=f"write {PROCESSES} or {DASK}ADDRESS")
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise InputError(f"executor {name}: Dask is not installed", mend="pip install 'schedlab[dask]'") from None
    try:
        client = distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        mend = "start one with: dask scheduler"
        raise InputError(f"no Dask scheduler answers at {address!r} ({type(error).__name__})", mend=mend) from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise InputError(f"the Dask scheduler at {address!r} has no workers", mend="start some with: dask worker")
        with client.get_executor(pure=False) as executor:
            yield executor, threads
