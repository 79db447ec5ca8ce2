"""The one root of errors. A class's docstring is its default message; data goes into attributes."""


class RespondbyError(Exception):
    """Something went wrong in respondby."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class BadSetting(RespondbyError):
    """A setting cannot be used."""


class BadPolicy(RespondbyError):
    """The policy file cannot be used."""


class StoreUnavailable(RespondbyError):
    """The store cannot be reached or written for now; what was not committed may be tried again."""


class StoreConflict(StoreUnavailable):
    """Another transaction got in the way: the same work may be done again at once."""


class StoreMissing(RespondbyError):
    """There is no store where the settings say that it is."""


class StoreForeign(RespondbyError):
    """The store was not written by this version of respondby."""


class StoreBusy(RespondbyError):
    """Another worker already uses this store."""


class BrokerUnavailable(RespondbyError):
    """The broker cannot be reached for now; what was not confirmed may be tried again."""


class TopologyMismatch(RespondbyError):
    """An exchange or queue on the broker is missing or differs from what respondby needs."""
