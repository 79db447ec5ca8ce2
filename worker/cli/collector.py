"""Python's search for circles of objects, which nothing else would let go of."""

import gc

#: It searches when there are so many more objects than before. Events and tickets hold no circles,
#: and to look through them as often as by default (700) takes a tenth of all the time.
SEARCH_AFTER = 20_000


def search_seldom() -> None:
    """From now on; what is there by now stays to the end, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SEARCH_AFTER)
