"""`/metrics`, `/healthz` and `/readyz` over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, exposition

from worker import errors
from worker.observe.health import Health


def application(registry: CollectorRegistry, health: Health) -> web.Application:
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

    app = web.Application()
    app.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
        ]
    )
    return app


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port, which the system chose if `port` is 0."""
    runner = web.AppRunner(app, access_log=None)
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
