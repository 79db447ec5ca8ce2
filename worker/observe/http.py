"""`/metrics`, `/healthz` and `/readyz` over HTTP, and how a person has a policy applied."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, exposition

from worker import errors
from worker.observe.health import Health

Apply = Callable[[str], Awaitable[Mapping[str, int]]]
"""Applies the policy of this digest; raises RespondbyError where it cannot."""

APPLY = "/policy/apply"
#: Seconds for a request to come in whole, and for a connection to lie idle.
PATIENCE = 10.0
_THIS_HOST = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


def application(
    registry: CollectorRegistry, health: Health, apply: Apply | None = None
) -> web.Application:
    """The routes: alive as long as it answers, ready while nothing stands in the way."""

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
        # aiohttp wants the charset apart; Prometheus wants the header whole.
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        if health.ready:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready", "why": health.troubles}, status=503)

    async def apply_policy(request: web.Request) -> web.Response:
        # Whoever may look at the metrics from elsewhere may not change tickets.
        if request.remote not in _THIS_HOST or apply is None:
            raise web.HTTPForbidden(text="only from the worker's own host")
        try:
            async with asyncio.timeout(PATIENCE):
                digest = await request.text()
        except TimeoutError as error:
            raise web.HTTPRequestTimeout from error
        try:
            return web.json_response(await apply(digest.strip()))
        except errors.RespondbyError as error:
            raise web.HTTPConflict(text=str(error)) from error

    app = web.Application(client_max_size=1024)
    app.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.post(APPLY, apply_policy),
        ]
    )
    return app


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, patience: float = PATIENCE
) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port, which the system chose if `port` is 0."""
    # A client that never ends its request must not keep a worker from ending, nor hold its
    # sockets: those of the broker and the database are of the same number.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, keepalive_timeout=patience)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise errors.BadSetting(
                f"RESPONDBY_HTTP_PORT: cannot listen on {host}:{port}: {error.strerror or error}"
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
