"""The dashboard of the workers: do events come in and go out, and how fast?"""

from deploy.grafana.panel import Board, Panel, Query, Row, Step, fine_from, fine_until

_OURS = 'job=~"$job", instance=~"$instance"'
# One of them, that nobody is there, may have no job.
_FIRING = 'count(ALERTS{alertname=~"Respondby.*", alertstate="firing", job=~"$job|"}) or vector(0)'


def board() -> Board:
    return Board(
        uid="respondby-worker",
        title="Worker",
        description="Whether the workers do their work: what comes in, what goes out, what waits.",
        rows=(
            Row("Is it well?", (*_well(), *_looked_after())),
            Row("Through the worker", (*_traffic(), *_durations())),
            Row("What waits", _queues()),
            Row("The process", _process()),
        ),
    )


def _gauge(name: str) -> str:
    """A gauge that is read from the store or the broker: the same on every worker."""
    return f"max(respondby_{name}{{{_OURS}}})"


def _well() -> tuple[Panel, ...]:
    return (
        _yes_or_no(
            "Able to work",
            "What /readyz of each worker says. If it says no, it also says why.",
            "respondby_ready",
            "RespondbyNotReady",
        ),
        _yes_or_no(
            "Connected to the broker",
            "Whether both connections of each worker are up: to consume, and to publish.",
            "respondby_broker_connected",
            "RespondbyBrokerDisconnected",
        ),
        _count(
            "Consumers on the inbox",
            "Consumers that the broker knows on respondby.tickets: one a worker. "
            "At none, tickets wait.",
            Query(_gauge("inbox_consumers"), "consumers"),
            fine_from(1),
            "RespondbyInboxUnattended",
        ),
        _count(
            "Alerts about respondby",
            "How many of respondby's own alerts fire in Prometheus now.",
            Query(_FIRING, "firing"),
            fine_until(1),
            "Alerts",
        ),
    )


def _looked_after() -> tuple[Panel, ...]:
    return (
        _count(
            "Dead letters",
            "Messages that can never be processed. They are kept for a person to see.",
            Query(_gauge("dead_letter_messages"), "dead letters"),
            fine_until(1, "orange"),
            "RespondbyDeadLetters",
        ),
        _count(
            "Unrouted events",
            "Published events for which no queue was bound: somebody does not listen.",
            Query(_gauge("unrouted_messages"), "unrouted"),
            fine_until(1, "orange"),
            "RespondbyUnrouted",
        ),
        _count(
            "Alerts that left late",
            "At-risk and breach alerts of the last hour, 30 seconds late or more.",
            Query('max(respondby:late_alerts:1h{job=~"$job"})', "late"),
            fine_until(1, "orange"),
            "RespondbyAlertsLate",
        ),
        _policy(),
    )


def _yes_or_no(title: str, description: str, metric: str, runbook: str) -> Panel:
    return Panel(
        title=title,
        description=description,
        queries=[Query(f"{metric}{{{_OURS}}}", "{{instance}}")],
        kind="numbers",
        steps=fine_from(1),
        words={0: "no", 1: "yes"},
        width=6,
        height=4,
        runbook=runbook,
    )


def _count(
    title: str, description: str, query: Query, steps: tuple[Step, ...], runbook: str
) -> Panel:
    return Panel(
        title=title,
        description=description,
        queries=[query],
        kind="numbers",
        steps=steps,
        width=6,
        height=4,
        runbook=runbook,
    )


def _policy() -> Panel:
    info = f"respondby_policy_info{{{_OURS}}}"
    return Panel(
        title="Policy in force",
        description=(
            "Which policy each worker decides by. The digest must be the same on all of them."
        ),
        queries=[Query(f"max by (instance, name, version, digest) ({info})")],
        kind="table",
        width=6,
        height=4,
        runbook="RespondbyPoliciesDiffer",
    )


def _traffic() -> tuple[Panel, ...]:
    def per_minute(counter: str, label: str) -> Query:
        rate = f"rate({counter}{{{_OURS}}}[$__rate_interval])"
        return Query(f"60 * sum by ({label}) ({rate})", f"{{{{{label}}}}}")

    return (
        Panel(
            title="Events in",
            description=(
                "By what became of them: applied; duplicate (came before); stale (changed "
                "nothing); rejected (now a dead letter)."
            ),
            queries=[per_minute("respondby_events_total", "result")],
            kind="graph",
            unit="cpm",
            width=12,
        ),
        Panel(
            title="Events out",
            description="By type, once the broker has confirmed them.",
            queries=[per_minute("respondby_published_total", "type")],
            kind="graph",
            unit="cpm",
            width=12,
        ),
    )


def _durations() -> tuple[Panel, ...]:
    def quantiles(histogram: str, window: str, *shares: float) -> list[Query]:
        buckets = f"sum by (le) (rate({histogram}_bucket{{{_OURS}}}[{window}]))"
        return [
            Query(f"histogram_quantile({share}, {buckets})", f"p{share * 100:g}")
            for share in shares
        ]

    return (
        Panel(
            title="Processing time",
            description=(
                "From the receipt of an event to the broker's confirm of what came of it. "
                "Half are faster than p50, 99 of 100 faster than p99. Nothing is drawn while "
                "nothing comes in."
            ),
            queries=quantiles("respondby_processing_seconds", "$__rate_interval", 0.5, 0.9, 0.99),
            kind="graph",
            unit="s",
            width=12,
        ),
        Panel(
            title="Alert lag",
            description=(
                "From when an alert became true, and could be known, to its publication. Alerts "
                "are rare, so each point looks back over an hour. Line: 30 seconds."
            ),
            queries=quantiles("respondby_alert_lag_seconds", "1h", 0.5, 0.99),
            kind="graph",
            unit="s",
            steps=(Step(None, "green"), Step(30, "red")),
            width=12,
            runbook="RespondbyAlertsLate",
        ),
    )


def _queues() -> tuple[Panel, ...]:
    waiting = [
        Query(_gauge("inbox_messages"), "in the inbox"),
        Query(_gauge("outbox_pending"), "in the outbox"),
        Query(_gauge("waiting_tickets"), "tickets"),
    ]
    return (
        Panel(
            title="Age of the outbox",
            description=(
                "How long the oldest event has waited for the broker's confirm. It should be "
                "near zero. Line: five minutes."
            ),
            queries=[Query(_gauge("outbox_oldest_age_seconds"), "oldest")],
            kind="graph",
            unit="s",
            steps=(Step(None, "green"), Step(300, "red")),
            runbook="RespondbyOutboxStuck",
        ),
        Panel(
            title="Waiting",
            description=(
                "In the inbox: not taken by a worker yet. In the outbox: decided, and not "
                "confirmed yet. Tickets: their ticket.created has not come."
            ),
            queries=waiting,
            kind="graph",
            runbook="RespondbyInboxBacklog",
        ),
        _dead_letters(),
    )


def _dead_letters() -> Panel:
    buried = f"sum by (reason) (respondby_dead_letters_total{{{_OURS}}})"
    return Panel(
        title="Dead letters by reason",
        description=(
            "What the workers have given up since their start. Those that the broker gave up "
            "are only in the number above."
        ),
        queries=[Query(buried, "{{reason}}")],
        kind="stack",
        runbook="RespondbyDeadLetters",
    )


def _process() -> tuple[Panel, ...]:
    # These names are everybody's; respondby_ready tells which are ours.
    ours = f" and on (job, instance) respondby_ready{{{_OURS}}}"
    return (
        Panel(
            title="Memory",
            description="What each worker holds of the machine's memory.",
            queries=[Query(f"process_resident_memory_bytes{ours}", "{{instance}}")],
            kind="graph",
            unit="bytes",
        ),
        Panel(
            title="Processor",
            description="100 % is one processor fully used. A worker uses hardly more than one.",
            queries=[
                Query(f"rate(process_cpu_seconds_total[$__rate_interval]){ours}", "{{instance}}")
            ],
            kind="graph",
            unit="percentunit",
        ),
        Panel(
            title="Running since",
            description="How long ago each worker was started. A fall is a restart.",
            queries=[Query(f"(time() - process_start_time_seconds){ours}", "{{instance}}")],
            kind="graph",
            unit="s",
            runbook="RespondbyRestarting",
        ),
    )
