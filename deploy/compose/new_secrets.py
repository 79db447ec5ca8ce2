"""Makes the passwords between the containers of deploy/compose.yaml, once.

Each folder is a volume that no other container sees. Doing it again changes nothing.
"""

import os
import secrets
from pathlib import Path

#: The user of the worker's image.
WORKER = 10001
#: The users of the others depend on their images; but nobody else is in their containers.
ANYBODY = 0o444

#: The broker's only login, with the rights to declare what is the worker's, and no others.
LOGIN = """[{rabbit, [
  {default_user, <<"respondby">>},
  {default_pass, <<"PASSWORD">>},
  {default_user_tags, []},
  {default_permissions, [RIGHTS, RIGHTS, RIGHTS]}
]}].
""".replace("RIGHTS", '<<"^(tickets|respondby.*)$">>')


def make(worker: Path, rabbitmq: Path, postgres: Path, owner: int = WORKER) -> None:
    """Fill the three folders, unless that was done before."""
    done = worker / "done"
    if done.exists():
        return
    broker, database = secrets.token_hex(24), secrets.token_hex(24)
    _write(rabbitmq / "advanced.config", LOGIN.replace("PASSWORD", broker))
    _write(postgres / "password", database)
    urls = {
        "broker-url": f"amqp://respondby:{broker}@rabbitmq/",
        "database-url": f"postgresql://respondby:{database}@postgres/respondby",
    }
    for name, url in urls.items():
        _write(worker / name, url, 0o400)
        os.chown(worker / name, owner, owner)
    _write(done, "")


def _write(file: Path, text: str, mode: int = ANYBODY) -> None:
    # What an interrupted run left may be another user's by now.
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(mode)


if __name__ == "__main__":
    make(Path("/worker"), Path("/rabbitmq"), Path("/postgres"))
