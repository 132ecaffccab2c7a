"""The errors a user meets: each is one line that says where, what and how to mend it."""


class SchedlabError(Exception):
    """Something ran and failed; commands end with exit status 1."""


class InputError(SchedlabError):
    """An input was refused before anything ran; commands end with exit status 2.

    Parameters
    ----------
    problem
        What is wrong, with the offending value quoted.
    file, row, field
        Where: the file's name, the row (1 is the first row below the header; for a document, its
        number) and the column or field path.
    mend
        What to write instead.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        row: int | None = None,
        field: str | None = None,
        mend: str | None = None,
    ) -> None:
        place = [str(file)] if file is not None else []
        place += [f"row {row}"] if row is not None else []
        place += [f"field {field}"] if field is not None else []
        line = f"{', '.join(place)}: {problem}" if place else problem
        super().__init__(" ".join((f"{line}; {mend}" if mend else line).split()))


class PluginError(SchedlabError):
    """A plug-in raised, or returned what its contract forbids; names plug-in, pod and simulated time."""

    def __init__(self, plugin: str, pod: str, problem: str, *, time: int | None = None) -> None:
        self.plugin, self.pod, self.problem, self.time = plugin, pod, problem, time
        when = "" if time is None else f" at {time / 1e6:g} s"
        super().__init__(" ".join(f"plug-in {plugin}, pod {pod}{when}: {problem}".split()))

    def __reduce__(self) -> tuple[object, ...]:
        """Cross process borders: a worker's error reaches the suite whole."""
        return _plugin_error, (self.plugin, self.pod, self.problem, self.time)


def _plugin_error(plugin: str, pod: str, problem: str, time: int | None) -> PluginError:
    return PluginError(plugin, pod, problem, time=time)
