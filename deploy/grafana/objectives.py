"""The dashboard of what is promised: are tickets answered in time, and which come next?"""

from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.grafana.panel import Board, Panel, Query, Row, Step, fine_until
from worker.policy import loading
from worker.policy.policy import objectives_in_seconds

_GOALS = Path(__file__).parents[1] / "prometheus" / "rules" / "goals.yml"
# The goals are nobody's in particular: they have no job.
_LEVEL = 'level=~"$level"'
_OURS = f'job=~"$job", {_LEVEL}'
_NEXT = f"max by (level) (respondby_next_deadline_timestamp_seconds{{{_OURS}}}) - time()"
_GOAL = f"max by (level) (respondby:goal{{{_LEVEL}}})"
_OBJECTIVE = f"max by (level) (respondby_objective_seconds{{{_OURS}}})"


def goals() -> Mapping[str, float]:
    """The share that is aimed at, by level, as the rules have it."""
    rules = yaml.safe_load(_GOALS.read_text("utf-8"))["groups"][0]["rules"]
    return {
        rule["labels"]["level"]: float(rule["expr"].removeprefix("vector(").rstrip(")"))
        for rule in rules
    }


def board() -> Board:
    return Board(
        uid="respondby-objectives",
        title="Response objectives",
        description="Whether tickets get their first response in time, and which are next.",
        rows=(
            Row("Now", (_share(), _goal_table(), *_what_is_next())),
            Row("How fast the first response comes", (*_times(), *_outcomes())),
            Row("Tickets and alerts", _tickets()),
        ),
        window=True,
    )


def _share() -> Panel:
    return Panel(
        title="Answered in time, 28 days",
        description=(
            "Of the tickets that were due in the last 28 days, the share that got its first "
            "response in time. A ticket past its deadline and unanswered counts as missed. "
            "Green: the goal is met; orange: just under it; red: five points or more under it."
        ),
        queries=[Query(f"max by (level) (respondby:share_met:28d{{{_OURS}}})", "{{level}}")],
        kind="numbers",
        unit="percentunit",
        steps_of={
            level: (Step(None, "red"), Step(round(goal - 0.05, 4), "orange"), Step(goal, "green"))
            for level, goal in goals().items()
        },
        runbook="RespondbyUnderGoal",
    )


def _goal_table() -> Panel:
    def column(record: str, name: str) -> Query:
        return Query(f"max by (level) ({record}{{{_OURS}}})", name, "none")

    left = f"max by (level) (respondby:budget:28d{{{_OURS}}} - respondby:missed:28d{{{_OURS}}})"
    return Panel(
        title="Goals, 28 days",
        description=(
            "The same in tickets. With a goal of 95 %, five of a hundred may be missed; the last "
            "column says how many that leaves. Below zero the goal is lost for now. "
            "The goals stand in deploy/prometheus/rules/goals.yml."
        ),
        queries=[
            Query(_GOAL, "goal", "percentunit"),
            column("respondby:due:28d", "were due"),
            column("respondby:missed:28d", "missed"),
            Query(f"floor({left})", "may still be missed"),
        ],
        kind="table",
        width=16,
        runbook="RespondbyGoalBurning",
    )


def _what_is_next() -> tuple[Panel, ...]:
    breached = f'max by (level) (respondby_open_tickets{{{_OURS}, state="breached"}})'
    return (
        Panel(
            title="Past the deadline, no response yet",
            description="Tickets that are owed a response right now, and late. Answer these first.",
            queries=[Query(breached, "{{level}}")],
            kind="numbers",
            steps=fine_until(1),
            height=5,
            runbook="RespondbyBreachUnanswered",
        ),
        _time_left(),
        Panel(
            title="At risk now",
            description=(
                "Whether the ticket that is due next has less than a fifth of its objective left, "
                "on the wall clock: a deadline of the next morning is at risk in the morning."
            ),
            queries=[Query(f"(({_NEXT}) or {_OBJECTIVE}) < bool 0.2 * {_OBJECTIVE}", "{{level}}")],
            kind="numbers",
            steps=fine_until(1, "orange"),
            words={0: "no", 1: "yes"},
            height=5,
        ),
    )


def _time_left() -> Panel:
    # By the built-in policy: Grafana has no colours that follow a metric.
    policy = loading.parse(loading.default_text(), "the built-in policy")
    return Panel(
        title="Time until the next deadline",
        description=(
            "How long until the first deadline of an open ticket, on the wall clock. "
            "Orange: less than a fifth of the objective is left. Red: it has passed, and "
            "nobody was told. A level without open tickets has none."
        ),
        queries=[Query(_NEXT, "{{level}}")],
        kind="numbers",
        unit="s",
        steps_of={
            level: (Step(None, "red"), Step(0, "orange"), Step(seconds / 5, "green"))
            for level, seconds in objectives_in_seconds(policy).items()
        },
        height=5,
        runbook="RespondbyDeadlineUnnoticed",
    )


def _quantile(share: float) -> str:
    recorded = f"respondby:response_seconds_bucket:1h{{{_OURS}}}"
    hours = f"sum by (level, le) (sum_over_time({recorded}[$window]))"
    # Until the first hour is recorded.
    selected = f'respondby_response_seconds_bucket{{{_OURS}, clock="objective"}}'
    hour = f"sum by (level, le) (increase({selected}[1h]))"
    return f"histogram_quantile({share}, {hours} or {hour})"


def _times() -> tuple[Panel, ...]:
    return (
        Panel(
            title="Time to the first response",
            description=(
                "On the objective's own clock: what lies outside working hours, or waits on the "
                "client, does not count. Half of the tickets were answered faster than p50, nine "
                "of ten faster than p90, in the window chosen above, hour by hour. "
                "Dotted: the objective."
            ),
            queries=[
                Query(_quantile(0.9), "{{level}} p90"),
                Query(_quantile(0.5), "{{level}} p50"),
                Query(_OBJECTIVE, "{{level}} objective"),
            ],
            kind="graph",
            unit="s",
            logarithmic=True,
            every="1h",
            width=12,
            height=9,
        ),
        Panel(
            title="p90 as a share of the objective",
            description=(
                "Comparable between levels: at 100 % one ticket of ten is late. Lines at 80 %, "
                "where the last warning is given, and at 100 %."
            ),
            queries=[Query(f"{_quantile(0.9)} / {_OBJECTIVE}", "{{level}}")],
            kind="graph",
            unit="percentunit",
            steps=(Step(None, "green"), Step(0.8, "orange"), Step(1, "red")),
            ceiling=1.1,
            every="1h",
            width=12,
            height=9,
        ),
    )


def _outcomes() -> tuple[Panel, ...]:
    return (
        Panel(
            title="Answered in time, each time over 28 days",
            description="Where the share is heading. Dotted: the goal.",
            queries=[
                Query(f"max by (level) (respondby:share_met:28d{{{_OURS}}})", "{{level}}"),
                Query(_GOAL, "{{level}} goal"),
            ],
            kind="graph",
            unit="percentunit",
            floor=0.8,
            ceiling=1,
            width=12,
        ),
        _per_hour(
            "First responses per hour",
            "First responses by agents, in time (met) and late (missed).",
            "respondby_responses_total",
            "outcome",
            colours={"met": "green", "missed": "red"},
        ),
    )


def _tickets() -> tuple[Panel, ...]:
    return (
        Panel(
            title="Open tickets",
            description=(
                "Tickets that are owed a response: the clock runs, is paused (waiting on the "
                "client), or the deadline has passed (breached)."
            ),
            queries=[
                Query(
                    f"max by (level, state) (respondby_open_tickets{{{_OURS}}})",
                    "{{level}} {{state}}",
                )
            ],
            kind="stack",
            width=12,
        ),
        _per_hour(
            "Breaches per hour",
            "Deadlines that passed without a response, counted when that was told.",
            "respondby_breaches_total",
            "level",
            runbook="RespondbyGoalBurning",
        ),
        _per_hour(
            "Warnings per hour",
            "At-risk alerts: half of an objective was used (0.5), or four fifths (0.8).",
            "respondby_at_risk_total",
            "level, threshold",
        ),
        _per_hour(
            "Withdrawn alerts per hour",
            "Alerts that no longer stand: the ticket was paused, its level changed, or an "
            "earlier response became known late. Many mean that events come late.",
            "respondby_superseded_total",
            "type",
            colours={"objective.breached": "red", "objective.at_risk": "orange"},
        ),
    )


def _per_hour(
    title: str,
    description: str,
    counter: str,
    labels: str,
    *,
    runbook: str | None = None,
    colours: Mapping[str, str] | None = None,
) -> Panel:
    """How much a counter rises, one bar an hour; `labels` as in `sum by`."""
    selected = f'{counter}{{{_OURS}, instance=~"$instance"}}[1h]'
    name = " ".join(f"{{{{{label}}}}}" for label in labels.split(", "))
    return Panel(
        title=title,
        description=description,
        queries=[Query(f"round(sum by ({labels}) (increase({selected})))", name)],
        kind="bars",
        every="1h",
        width=12,
        runbook=runbook,
        colours=colours or {},
    )
