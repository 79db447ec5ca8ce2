"""TLS to the broker. Its certificate is verified, and the name in it; nothing turns that off."""

import ssl
from pathlib import Path

from worker import errors

_WHAT_IS_WRONG = {
    "NO_CERTIFICATE_OR_CRL_FOUND": "it holds no certificate in PEM",
    "KEY_VALUES_MISMATCH": "the key is that of another certificate",
    "": "there must be a certificate, and its key, in PEM",
}


class _Encrypted(Exception):
    """Nobody is there to be asked for a password."""


def context(
    authority: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """How `amqps` is spoken: TLS 1.2 or newer, and our own certificate where one is given.

    Without an authority, those count that this machine trusts; with one, no other. Raises
    BadSetting, which names the setting.
    """
    try:
        made = ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise errors.BadSetting(f"RESPONDBY_TLS_CA: {_says(error)}") from error
    made.minimum_version = max(made.minimum_version, ssl.TLSVersion.TLSv1_2)
    if certificate is not None:
        _show(made, certificate, key)
    return made


def _show(made: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        made.load_cert_chain(certificate, key, password=_none)
    except OSError as error:
        raise errors.BadSetting(f"RESPONDBY_TLS_CERT or _KEY: {_says(error)}") from error
    except _Encrypted as error:
        raise errors.BadSetting("RESPONDBY_TLS_KEY: the key is encrypted") from error


def _none() -> str:
    raise _Encrypted


def _says(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return _WHAT_IS_WRONG.get(error.reason or "", f"cannot be used: {error.reason}")
    return f"cannot be read: {error.strerror}"
