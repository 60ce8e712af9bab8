"""What is asked of a fit besides data and settings, checked before anything is trained."""

from dbrec._quiet import keras
from dbrec.interactions import Interactions
from dbrec.settings import Settings
from dbrec.training.fit import FEWEST_HELD, HELD_OUT


def checked_callbacks(callbacks) -> list:
    """Give a list of Keras callbacks: of one, of some, or of none.

    Raises:
        TypeError: If something else is among them, or a class in the place of what it makes.
    """
    one = (
        callbacks is None
        or isinstance(callbacks, (keras.callbacks.Callback, type))
        or not hasattr(callbacks, "__iter__")
    )
    given = [] if callbacks is None else [callbacks] if one else list(callbacks)
    for callback in given:
        if not isinstance(callback, keras.callbacks.Callback):
            what = (
                f"the class {callback.__name__}"
                if isinstance(callback, type)
                else f"a {type(callback).__name__}"
            )
            raise TypeError(
                f"callbacks holds {what}: give Keras callbacks, such as keras.callbacks.CSVLogger('log')"
            )
    return given


def refuse_one_kind(known: Interactions, watched: Interactions | None, settings: Settings) -> None:
    """Refuse to watch liked ratings alone, or none of them, where the fit has both kinds.

    Raises:
        ValueError: If that is so of `watched`, or, where the settings leave the number of epochs open, of
            what a fit would hold out.
    """
    if not known.has_disliked:
        return
    if watched is not None and not watched.has_disliked:
        raise ValueError(
            f"all {len(watched)} rows in validation are liked (rating >= {settings.liked_from}), and the "
            "ratings are not: give rows of both kinds"
        )
    if watched is None and settings.epochs is None:
        held = known.split(HELD_OUT, settings.seed)[1]
        if len(held) >= FEWEST_HELD and held.liked.all() | ~held.liked.any():
            which = "liked" if held.liked.all() else "lower"
            raise ValueError(
                f"epochs is None, and all {len(held)} ratings that are held out to find their number are "
                f"{which} ones: give epochs, or a validation with both kinds"
            )
