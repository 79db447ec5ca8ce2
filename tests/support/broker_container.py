"""RabbitMQ in a container: of any image that serves AMQP at 5672 to the login guest."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.support.ports import LOOPBACK, free_ports

_PORT, _TLS_PORT = 5672, 5671
_START_WITHIN = 90.0
_STOP_WITHIN = 30
_STARTED = b"Server startup complete"
#: A 4.x is to refuse what 4.3 refuses by itself; older ones do not know the word. Queues that are
#: not durable cannot be refused so: asked for that, `start_app` fails now and then.
_ERLANG_ARGUMENTS = "-rabbit permit_deprecated_features #{global_qos=>false} +S 2:2"


class ContainedNode:
    """One node. It is up when the constructor returns, and gone without a trace after `stop`."""

    def __init__(self, image: str) -> None:
        # The reaper that would be started beside it is an image of its own, and may not be here.
        testcontainers_config.ryuk_disabled = True
        # Chosen here, for Docker would choose others after a restart.
        self._port, self.tls_port = free_ports(2)
        self._container = DockerContainer(image)
        self._container.with_env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", _ERLANG_ARGUMENTS)
        # On loopback alone: nobody else has business here, and the worker sends its password in
        # the clear to no other address.
        for inside, outside in ((_PORT, self._port), (_TLS_PORT, self.tls_port)):
            self._container.ports[f"{inside}/tcp"] = (LOOPBACK, outside)  # type: ignore[assignment]
        self._starts = 0
        try:
            self._begin(self._container.start)
        except BaseException:
            self.stop()
            raise

    def base_url(self) -> str:
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}/"

    def tls_listener(self) -> str:
        return str(_TLS_PORT)

    def rabbitmqctl(self, *args: str) -> str:
        code, output = self._container.exec(["rabbitmqctl", *args])
        text: str = output.decode(errors="replace")
        if code:
            raise RuntimeError(f"rabbitmqctl {args[0]} ended with {code}: {text}")
        return text

    def brought(self, file: Path) -> str:
        there = f"/tmp/{file.name}"
        copy = ["sh", "-c", 'printf %s "$0" >"$1"', file.read_text(), there]
        code, output = self._container.exec(copy)
        assert code == 0, output
        return there

    def restart(self) -> None:
        self._begin(lambda: self._docker.restart(timeout=_STOP_WITHIN))

    def kill(self) -> None:
        self._docker.kill()

    def start(self) -> None:
        self._begin(self._docker.start)

    def stop(self) -> None:
        self._container.stop()

    @property
    def _docker(self) -> Any:
        return self._container.get_wrapped_container()

    def _begin(self, start: Callable[[], object]) -> None:
        start()
        # Docker's own proxy listens before the node does, so its log has to say that it is up;
        # and the log is that of all its starts.
        self._starts += 1
        deadline = time.monotonic() + _START_WITHIN
        while self._docker.logs().count(_STARTED) < self._starts:
            self._docker.reload()
            if self._docker.status == "exited" or time.monotonic() > deadline:
                told = self._docker.logs(tail=20).decode(errors="replace")
                raise RuntimeError(f"the test broker did not start in its container: {told}")
            time.sleep(0.2)
