"""An authority of the tests' own, and the certificates that it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

#: Under what a broker on this host is reached.
THIS_HOST = "IP:127.0.0.1,DNS:localhost"

_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
_KINDS = {
    "authority": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    "signed": "basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, each in a file."""

    certificate: Path
    key: Path


class Authority:
    """Signs for those who trust its certificate."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = name
        own = self._files(name)
        self._ask(name, own)
        self._sign(name, own, _KINDS["authority"], f"-key {own.key}", days=2)
        self.certificate = own.certificate
        self._key = own.key

    def sign(self, name: str, names: str = THIS_HOST, days: int = 2) -> Identity:
        """A new certificate for these hosts; one of no days is expired when it is there."""
        made = self._files(name)
        self._ask(name, made)
        about = _KINDS["signed"] + (f"subjectAltName={names}\n" if names else "")
        by = f"-CA {self.certificate} -CAkey {self._key}"
        self._sign(name, made, about, by, days)
        return made

    def _files(self, name: str) -> Identity:
        folder = self._folder / self._name
        folder.mkdir(exist_ok=True)
        return Identity(folder / f"{name}.pem", folder / f"{name}.key")

    def _ask(self, name: str, made: Identity) -> None:
        request = made.certificate.with_suffix(".request")
        _openssl(f"req -new {_NEW_KEY} -subj /CN={name} -keyout {made.key} -out {request}")

    def _sign(self, name: str, made: Identity, about: str, by: str, days: int) -> None:
        request, extensions = (made.certificate.with_suffix(s) for s in (".request", ".extensions"))
        extensions.write_text(f"subjectKeyIdentifier=hash\n{about}")
        _openssl(
            f"x509 -req -in {request} {by} -days {days} -extfile {extensions} "
            f"-out {made.certificate}"
        )


def _openssl(arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], capture_output=True, check=True)
