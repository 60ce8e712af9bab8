"""Write a fitted recommender to a folder and read it back: JSON, HDF5 and plain arrays, no pickle."""

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from dbrec.features.columns import Categorical, Column, MultiHot, Numeric, Words
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice import ItemFactors

FORMAT = 4
KINDS = {kind.__name__: kind for kind in (Categorical, Numeric, MultiHot, Words)}
DESCRIPTION, WEIGHTS, ARRAYS = "recommender.json", "towers.weights.h5", "arrays.npz"


def write_folder(
    path, settings: dict, encoders: dict[str, FeatureEncoder], network, seen, history, factors=None
) -> None:
    """Write all parts into a new folder beside `path`, then put it in the place of `path`.

    Args:
        path: Folder to write; an earlier recommender there is replaced, anything else is refused.
        settings: Arguments of the recommender, as JSON can hold them.
        encoders: ``"user"`` and ``"item"`` to their encoder.
        network: Keras network whose weights are kept.
        seen: Frame of the training ratings: ``user_id``, ``item_id`` and ``rating``.
        history: Frame with a row an epoch.
        factors: `ItemFactors`, or None where the recommender has none.

    Raises:
        FileExistsError: If `path` holds something that isn't a recommender. Nothing is changed.
        OSError: If the folder can't be written. Nothing is changed.
    """
    path = Path(path)
    if path.exists() and not (path / DESCRIPTION).is_file():
        raise FileExistsError(f"{path} holds something else than a recommender: choose another path")
    path.parent.mkdir(parents=True, exist_ok=True)
    description = {
        "format": FORMAT,
        "settings": settings,
        "history": history.to_dict("list"),
        "sides": {side: _describe(encoder) for side, encoder in encoders.items()},
    }
    arrays = {f"{side}_rows": encoder.rows for side, encoder in encoders.items()}
    for side, encoder in encoders.items():
        arrays[f"seen_{side}s"] = encoder.all_ids.get_indexer(seen[f"{side}_id"]).astype(np.int32)
    arrays["seen_ratings"] = seen["rating"].to_numpy()
    arrays |= {} if factors is None else factors._asdict()
    new = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        (new / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
        np.savez_compressed(new / ARRAYS, **arrays)
        network.save_weights(new / WEIGHTS)
        if path.exists():
            path.rename(new / "replaced")
        new.rename(path)
    except BaseException:
        if (new / "replaced").exists():
            (new / "replaced").rename(path)
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(path / "replaced", ignore_errors=True)


def read_folder(path) -> tuple:
    """Read what `write_folder` wrote.

    Args:
        path: Folder of a recommender.

    Returns:
        ``(settings, encoders, seen, history, factors or None, path of the weights)``, as `write_folder` takes
        them.

    Raises:
        FileNotFoundError: If there is no recommender at `path`.
        ValueError: If it has a format that this version doesn't know.
    """
    path = Path(path)
    if not (path / DESCRIPTION).is_file():
        raise FileNotFoundError(f"{path} holds no recommender: give a folder that save() has written")
    description = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
    if description["format"] != FORMAT:
        raise ValueError(
            f"{path} has format {description['format']}, this version reads format {FORMAT}: fit anew"
        )
    with np.load(path / ARRAYS, allow_pickle=False) as arrays:
        encoders = {
            side: _encoder(description["sides"][side], arrays[f"{side}_rows"]) for side in ("user", "item")
        }
        seen = {f"{side}_id": encoders[side].all_ids[arrays[f"seen_{side}s"]] for side in ("user", "item")}
        seen["rating"] = arrays["seen_ratings"]
        factors = ItemFactors(arrays["given"], arrays["found"]) if "given" in arrays else None
    history = pd.DataFrame(description["history"])
    return description["settings"], encoders, pd.DataFrame(seen), history, factors, path / WEIGHTS


def _describe(encoder: FeatureEncoder) -> dict:
    columns = [{"kind": type(column).__name__} | asdict(column) for column in encoder.columns]
    return {"ids": encoder.trained_ids.tolist(), "known": encoder.all_ids.tolist(), "columns": columns}


def _encoder(side: dict, rows: np.ndarray) -> FeatureEncoder:
    columns: list[Column] = []
    for column in side["columns"]:
        kind = KINDS[column.pop("kind")]
        columns.append(kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in column.items()}))
    return FeatureEncoder(pd.Index(side["ids"]), columns, pd.Index(side["known"]), rows)
