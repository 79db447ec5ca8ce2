"""`respondby run`: the worker."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
import uvloop

from worker import bootstrap, settings
from worker.cli import collector
from worker.observe import http, logs
from worker.observe.health import Health
from worker.observe.logs import LogEvent
from worker.pipeline.worker import Worker
from worker.settings import Settings

app = typer.Typer(add_completion=False)
#: Seconds. SQLite works in a thread of its own, which Python lets wait so long for the one that
#: decides whenever it wants to go on; its default is 5 ms.
SWITCH_WITHIN = 0.0005


@app.command()
def run(
    *,
    declare: Annotated[
        bool, typer.Option(help="Declare exchanges and queues, or only check that they are there.")
    ] = True,
) -> None:
    """Consume, decide, publish, alert and expose metrics until SIGTERM or SIGINT, which drain.

    SIGHUP loads the policy anew; so does a change of its file.
    """
    configured = settings.load()
    log = logs.configure(configured.log_format, configured.log_level)
    for warning in settings.unknown():
        log.warning(LogEvent.UNKNOWN_SETTING, setting=warning)
    for warning in settings.exposed(configured):
        log.warning(LogEvent.SECRET_EXPOSED, setting=warning)
    sys.setswitchinterval(SWITCH_WITHIN)
    uvloop.run(_serve(configured, log, declare=declare))


async def _serve(configured: Settings, log: logs.Log, *, declare: bool) -> None:
    policy = bootstrap.policy(configured)
    metrics, health = bootstrap.metrics(policy), Health()
    watching = bootstrap.Watching(metrics, health, log)
    worker = bootstrap.worker(configured, policy, watching, declare=declare)

    async def apply(digest: str) -> Mapping[str, int]:
        return asdict(await worker.application.apply(digest))

    collector.search_seldom()
    app = http.application(metrics.registry, health, apply)
    async with http.serve(app, configured.http_host, configured.http_port) as port:
        log.info(LogEvent.STARTING, policy=policy.name, digest=policy.digest, http_port=port)
        _reload_on_signal(worker)
        await worker.run(_stop_signal())


def _reload_on_signal(worker: Worker) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, worker.policies.reload)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
