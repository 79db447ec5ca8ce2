"""The only place that builds things."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, disable_created_metrics

from schemas.envelope import LEVELS
from worker import policy_file
from worker.broker import tls
from worker.broker.address import Address, Locate
from worker.broker.consumer import AmqpInbox, Limits
from worker.broker.dead_letters import DeadLetters
from worker.broker.port import Inbox, Observer, Publisher
from worker.broker.publisher import AmqpPublisher
from worker.clock import Clock, SystemClock
from worker.observe.health import Health
from worker.observe.logs import Log
from worker.observe.metrics import Metrics
from worker.pipeline import intake as intakes
from worker.pipeline.accounts import Accounts
from worker.pipeline.application import Application
from worker.pipeline.catch_up import CatchUp
from worker.pipeline.graveyard import Graveyard
from worker.pipeline.intake import Intake
from worker.pipeline.links import Links
from worker.pipeline.policies import Policies
from worker.pipeline.relay import Relay
from worker.pipeline.retention import Retention
from worker.pipeline.timers import Timers
from worker.pipeline.watch import Depths, Watch
from worker.pipeline.worker import Worker
from worker.policy import loading
from worker.policy.policy import Policy, objectives_in_seconds
from worker.settings import Settings
from worker.store.port import Reader, Store
from worker.store.postgres import PostgresReader, PostgresStore
from worker.store.server_clock import ServerClock
from worker.store.sqlite import SqliteReader, SqliteStore


def policy(settings: Settings) -> Policy:
    """The policy that the settings name, else the built-in one; raises BadPolicy."""
    return loading.parse(*policy_file.text(settings.policy))


def metrics(policy_in_force: Policy) -> Metrics:
    """The metrics of this process, in a registry of their own."""
    # When a series began is no metric of ours, and would double their number.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    objectives = objectives_in_seconds(policy_in_force)
    built = Metrics(CollectorRegistry(), objectives.values())
    built.note_policy(
        policy_in_force.name, policy_in_force.version, policy_in_force.digest, objectives
    )
    return built


def reader(settings: Settings) -> Reader:
    """What a person may look at while the worker runs, and when it does not."""
    if settings.on_postgresql:
        return PostgresReader(_database(settings))
    return SqliteReader(settings.database_path)


def store(settings: Settings) -> Store:
    """What a worker keeps; to open it brings the database up to date."""
    return _store(settings)[0]


def dead_letters(
    settings: Settings, observer: Observer, watch: Callable[[int, int], None]
) -> DeadLetters:
    """The dead letters on the broker that the settings name."""
    return DeadLetters(broker(settings)(), observer, watch)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the worker stands on, real or in memory."""

    store: Store
    inbox: Inbox
    publisher: Publisher
    depths: Depths
    clock: Clock


@dataclass(frozen=True, slots=True)
class Watching:
    """Through what the worker is watched."""

    metrics: Metrics
    health: Health
    log: Log

    def __post_init__(self) -> None:
        self.metrics.ready.set_function(lambda: self.health.ready)

    @property
    def links(self) -> Links:
        return Links(self.health, self.metrics, self.log)


def worker(settings: Settings, in_force: Policy, watching: Watching, *, declare: bool) -> Worker:
    """The worker on the broker and the store that the settings name."""
    store, clock = _store(settings)
    links = watching.links
    locate = broker(settings)
    inbox = AmqpInbox(locate, links, clock, Limits(prefetch=settings.prefetch), declare=declare)
    publisher = AmqpPublisher(locate, links, clock, declare=declare)
    outside = Outside(store, inbox, publisher, inbox, clock)
    return assembled(settings, in_force, outside, watching, links)


def broker(settings: Settings) -> Locate:
    """Where the broker is; secrets, certificates and keys are read anew each time."""

    def locate() -> Address:
        now = settings.renewed("broker_url")
        context = tls.context(now.tls_ca, now.tls_cert, now.tls_key)
        return Address.from_url(now.broker_url.get_secret_value(), context)

    return locate


def _store(settings: Settings) -> tuple[Store, Clock]:
    """The store, and the clock that its workers go by."""
    if settings.on_postgresql:
        clock = ServerClock()
        return PostgresStore(_database(settings), clock), clock
    return SqliteStore(settings.database_path), SystemClock()


def _database(settings: Settings) -> Callable[[], str]:
    """Where the database is; a password from a file is read anew each time."""

    def locate() -> str:
        return settings.renewed("database_url").database_url.get_secret_value()

    return locate


def assembled(
    settings: Settings, in_force: Policy, outside: Outside, watching: Watching, links: Links
) -> Worker:
    """The flow between the given ports."""
    store, inbox, clock = outside.store, outside.inbox, outside.clock
    health, log = watching.health, watching.log
    accounts = Accounts(watching.metrics, LEVELS, in_force.at_risk)
    relay = Relay(store, outside.publisher, clock, accounts, log)
    catch_up = CatchUp(inbox, links, settings.catch_up_seconds, clock, log)
    timers = Timers(store, settings.source, clock, catch_up, relay, accounts, log)
    graveyard = Graveyard(inbox, outside.publisher, clock, accounts, log)
    policies = _policies(settings, in_force, clock, watching)
    intake = Intake(
        inbox=inbox,
        store=store,
        policies=policies,
        source=settings.source,
        limits=_limits(settings),
        clock=clock,
        relay=relay,
        timers=timers,
        catch_up=catch_up,
        graveyard=graveyard,
        accounts=accounts,
        health=health,
        log=log,
    )
    application = Application(store, policies, settings.source, clock, accounts, relay, timers, log)
    return Worker(
        application=application,
        store=store,
        inbox=inbox,
        publisher=outside.publisher,
        intake=intake,
        policies=policies,
        graveyard=graveyard,
        relay=relay,
        timers=timers,
        retention=Retention(store, settings.retention, clock, log),
        watch=Watch(store, outside.depths, watching.metrics, accounts, relay, clock, health, log),
        clock=clock,
        health=health,
        log=log,
    )


def _policies(settings: Settings, in_force: Policy, clock: Clock, watching: Watching) -> Policies:
    return Policies(
        current=in_force,
        load=lambda: policy(settings),
        mark=lambda: policy_file.mark(settings.policy),
        clock=clock,
        metrics=watching.metrics,
        log=watching.log,
    )


def _limits(settings: Settings) -> intakes.Limits:
    return intakes.Limits(settings.batch_size, settings.max_message_bytes, settings.outbox_limit)
