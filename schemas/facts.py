"""What is true about a ticket: the facts that decide its level, and nothing else does."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Request = Literal["fault", "question", "feature", "cosmetic", "build"]
Stage = Literal["production", "testing", "building"]
FactName = Literal["request", "stage", "system_critical", "workaround", "degraded"]
FactValue = str | bool

#: Every fact and the values it can have when it is known.
FACTS: dict[FactName, tuple[FactValue, ...]] = {
    "request": ("fault", "question", "feature", "cosmetic", "build"),
    "stage": ("production", "testing", "building"),
    "system_critical": (True, False),
    "workaround": (True, False),
    "degraded": (True, False),
}


class Facts(BaseModel):
    """Stated facts. An absent one says nothing; in an update, null makes a fact unknown again."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    request: Request | None = None
    """fault, question, feature (a wish), cosmetic, or build (building or testing something new)"""
    stage: Stage | None = None
    """where it happens: production, testing or building"""
    system_critical: bool | None = None
    """does the client's business stand still?"""
    workaround: bool | None = None
    """is there a way around it?"""
    degraded: bool | None = None
    """inconvenient, but usable and correct"""

    def stated(self) -> dict[FactName, FactValue | None]:
        """The facts that this event speaks of, null among them."""
        spoken_of = self.model_fields_set
        return {name: getattr(self, name) for name in FACTS if name in spoken_of}
