"""`respondby dead show`: all that is known of a dead letter."""

from worker.broker.dead_letter import Choice, Letter
from worker.cli import dead_text
from worker.cli.dead_desk import Desk


async def show(desk: Desk, choice: Choice, *, as_json: bool) -> None:
    """Every letter that is meant, as soon as it is found."""

    async def shown(found: list[Letter]) -> list[Letter]:
        for letter in found:
            desk.screen.close()
            await desk.write(_lines(letter, as_json=as_json))
        return found

    await desk.letters.each(choice, desk.tally, shown)


def _lines(letter: Letter, *, as_json: bool) -> list[str]:
    if as_json:
        return [dead_text.written(dead_text.document(letter, whole=True))]
    return [*dead_text.page(letter), ""]
