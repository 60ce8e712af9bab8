"""Find the items of the largest dot products among very many, nearly exactly, by a graph of neighbours."""

import reprlib
from typing import Any

import numpy as np
import pandas as pd

from dbrec import storage
from dbrec.checks import whole_number

try:
    from usearch.index import Index, MetricKind
except ImportError as error:
    raise ImportError("approximate search needs usearch: pip install 'dbrec[index]'") from error

KIND, FORMAT, FILE = "index", 2, "index.npz"
MOST_LEFT_OUT = 20  # of more, a list may come out short: only the first ranks are found well
DEPTH = 8  # candidates for each item asked for, at least
SAMPLE = 100  # vectors to compare with those of the scorer
LARGEST = 1e15  # squares of larger numbers don't add up in 32 bits
MOST_EFFORT, MOST_LINKS, MOST_THREADS = 1_000_000, 1_000, 1_024  # more can take all memory


class ItemIndex:
    """An index of items' vectors that finds most of the k largest dot products without computing them all.

    Each vector is linked to some that have large dot products with it, and a search walks along the links
    towards larger ones. So most links lead to the longest vectors, which stand first in most lists; a fifth
    of the items can't be reached at all. That finds the first ranks well, .99 of ten among a million items
    with 512 candidates, and the later ones badly: `benchmarks/results/retrieval.csv`. Below about 100
    thousand items exact search will do.

    Args:
        item_vectors: Shape (m, dim), numbers below 1e15 in size; lengths may differ and count.
        effort: Candidates that a search keeps, 1 to 1,000,000, and at least 8 for each item asked for: more
            finds more, and takes longer. May be set later, as may `threads`.
        links: Links a vector, 2 to 1,000; twice as many in the lowest layer.
        build_effort: Candidates kept while a vector is linked, 1 to 1,000,000.
        threads: Up to 1,024; 0 takes all cores. Only 1 builds the same graph from the same vectors each time.

    Raises:
        ValueError: If the vectors aren't a table of finite numbers, or another number is out of its range.

    Example:
        >>> positions, scores = ItemIndex([[3, 0], [2, 2], [0, 1]]).search([[1, 1]], k=2)
        >>> positions.tolist(), scores.tolist()
        ([[1, 0]], [[4.0, 3.0]])

    Source:
        Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
        navigable small world graphs", TPAMI 42(4), 2020. On dot products: Morozov and Babenko, NeurIPS 2018.
    """

    def __init__(
        self, item_vectors, effort: int = 128, links: int = 16, build_effort: int = 128, threads: int = 1
    ):
        self.effort, self.threads = effort, threads
        _, threads = self._settings()
        links = whole_number("links", links, 2, MOST_LINKS)
        build_effort = whole_number("build_effort", build_effort, 1, MOST_EFFORT)
        vectors = _table(item_vectors, "item vectors", "give a table of finite numbers, a row an item")
        first, self._members, self._starts = _equal_vectors(vectors)
        self._graph: Any = Index(
            ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=links, expansion_add=build_effort
        )
        self._graph.add(np.arange(len(first)), vectors[first], threads=threads)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"ItemIndex({len(self):,} items, dim={self._graph.ndim}, effort={self.effort})"

    def search(self, queries, k: int = 10, left_out=None) -> tuple[np.ndarray, np.ndarray]:
        """Find most of the k items of the largest dot products with each query.

        Args:
            queries: Shape (n, dim), or (dim,) for one; numbers below 1e15 in size.
            k: Length of a list, at least 1.
            left_out: For each query the positions of items that it mustn't get, such as those seen. Where
                many of them stand first, the list comes out short.

        Returns:
            Positions and scores, shape (n, min(k, m)), best first, and -1 and minus infinity for what lacks.

        Raises:
            ValueError: If a number is out of its range, or queries or `left_out` aren't as said above.
        """
        k, dim = min(whole_number("k", k), len(self)), self._graph.ndim
        queries = _table(queries, "queries", f"give rows of length {dim}, finite numbers", dim)
        lists = _lists(left_out, len(queries), len(self))
        positions = np.full((len(queries), k), -1)
        scores = np.full(positions.shape, -np.inf, np.float32)
        room = np.array([min(len(items), MOST_LEFT_OUT) for items in lists], int)
        # k and those to leave out, up to a power of 2, so in few calls
        sizes = np.where(room > 0, 2 ** np.ceil(np.log2(k + room)).astype(int), k).clip(max=len(self))
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            found = self._search(queries[rows], size)
            if left_out is not None:
                found = _leave_out(*found, [lists[row] for row in rows], len(self))
            positions[rows], scores[rows] = (part[:, :k] for part in found)
        return positions, scores

    def _settings(self) -> tuple[int, int]:
        effort = whole_number("effort", self.effort, 1, MOST_EFFORT)
        return effort, whole_number("threads", self.threads, 0, MOST_THREADS)

    def _search(self, queries: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Find groups of equal vectors, and put the items of each in its place, up to `size` items a row."""
        effort, threads = self._settings()
        asked = min(int(size), len(self._graph))
        self._graph.expansion_search = max(effort, DEPTH * asked)
        found = self._graph.search(queries, asked, threads=threads)
        # one query gives flat arrays, cut at the number found
        groups, products = np.atleast_2d(found.keys).astype(int), 1 - np.atleast_2d(found.distances)
        n_found = found.counts if found.keys.ndim == 2 else np.array([groups.size])
        groups = np.where(np.arange(groups.shape[1]) < n_found[:, None], groups, -1)
        ends = np.where(groups < 0, 0, np.diff(self._starts)[groups]).cumsum(axis=1).clip(max=size)
        taken = np.diff(ends, axis=1, prepend=0).ravel()
        within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
        positions = np.full((len(groups), size), -1)
        scores = np.full(positions.shape, -np.inf, np.float32)
        filled = np.arange(size) < ends[:, -1:]
        positions[filled] = self._members[np.repeat(self._starts[groups].ravel(), taken) + within]
        scores[filled] = np.repeat(products.ravel(), taken)
        return positions, scores

    def holds(self, item_vectors: np.ndarray) -> bool:
        """Tell whether the index was made of these vectors, as far as their number and a sample tell."""
        if item_vectors.shape != (len(self), self._graph.ndim):
            return False
        groups = np.linspace(0, len(self._graph) - 1, SAMPLE).astype(int)
        given = item_vectors[self._members[self._starts[groups]]]
        held = np.asarray(self._graph.get(groups))
        # the vectors of a recommender that was loaded may differ in their last digits
        return bool(np.allclose(held, given, rtol=1e-3, atol=1e-4 * np.abs(given).max()))

    def save(self, path) -> None:
        """Write the index, its vectors included, to a folder, as `dbrec.storage.writing` does."""
        arrays = {"graph": np.frombuffer(self._graph.save(), np.uint8), "ndim": self._graph.ndim}
        arrays |= {"members": self._members, "starts": self._starts}
        storage.write_arrays(path, KIND, FORMAT, {}, {FILE: arrays})

    @classmethod
    def load(cls, path, effort: int = 128, threads: int = 1) -> "ItemIndex":
        """Read an index that `save` has written; it finds what it found then.

        Load only indexes that you trust: a C++ library reads the graph inside, and one made to harm can. What
        is merely damaged or not whole is refused before, by its checksums.

        Raises:
            FileNotFoundError: If there is no index at `path`.
            ValueError: If it is damaged or of another format, or a number is out of its range.
        """
        index = cls.__new__(cls)
        index.effort, index.threads = effort, threads
        index._settings()
        arrays = storage.read_arrays(path, KIND, FORMAT)[1].get(FILE, {})
        try:
            index._members, index._starts = arrays["members"], arrays["starts"]
            index._graph = Index.restore(arrays["graph"].data)
            whole = index._is_whole(arrays["ndim"])
        except Exception:  # usearch raises its own
            whole = False
        if not whole:
            raise ValueError(f"{path} holds an index whose parts don't fit: build it anew and save")
        return index

    def _is_whole(self, dim) -> bool:
        """Tell whether each item is in one group of equal vectors, and each group in the graph."""
        members, starts, graph = self._members, self._starts, self._graph
        whole_numbers = members.dtype.kind == starts.dtype.kind == "i"
        items = np.array_equal(np.sort(members), np.arange(len(members)))
        groups = starts[0] == 0 and starts[-1] == len(members) and (np.diff(starts) > 0).all()
        nodes = np.array_equal(np.sort(np.asarray(graph.keys)), np.arange(len(starts) - 1))
        fits = graph.ndim == dim and graph.metric_kind == MetricKind.IP
        return bool(whole_numbers and items and groups and nodes and fits)


def _table(values, name: str, advice: str, dim: int | None = None) -> np.ndarray:
    """Return rows of finite numbers as float32; of length `dim` where it is given, or one such row."""
    try:
        table = np.asarray(values)
    except ValueError:  # rows of several lengths
        table = np.empty(len(values), object)
    table = table if dim is None else np.atleast_2d(table)
    fits = table.ndim == 2 and (table.size > 0 if dim is None else table.shape[1] == dim)
    numbers = table.dtype.kind in "iuf"
    if fits and numbers and -LARGEST < table.min(initial=0) <= table.max(initial=0) < LARGEST:
        return table.astype(np.float32, copy=False)
    raise ValueError(f"{name} of shape {table.shape}: {advice}, and not {reprlib.repr(values)}")


def _lists(left_out, n_queries: int, n_items: int) -> list[np.ndarray]:
    advice = f"give a list for each query, of positions from 0 to {n_items - 1}"
    try:
        lists = [np.asarray(items) for items in ([()] * n_queries if left_out is None else left_out)]
    except (TypeError, ValueError):
        raise ValueError(f"left_out is {reprlib.repr(left_out)}: {advice}") from None
    if len(lists) != n_queries:
        raise ValueError(f"{n_queries} queries and {len(lists)} lists to leave out: give one each")
    for items in lists:
        whole = items.ndim == 1 and (not len(items) or items.dtype.kind in "iu")
        if not whole or len(items) and not 0 <= items.min() <= items.max() < n_items:
            raise ValueError(f"left_out holds {reprlib.repr(items.tolist())}: {advice}")
    return [items.astype(int) for items in lists]


def _equal_vectors(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group items by vector: a graph finds its way badly among many that are equal.

    Gives the position of the first item of each group; all positions, by group; where each group starts.
    """
    rows = pd.Series(list(map(bytes, vectors + 0.0)), dtype=object)  # -0 becomes 0
    group = pd.factorize(rows)[0]  # in the order of their first items
    members, starts = np.argsort(group, kind="stable"), np.append(0, np.cumsum(np.bincount(group)))
    return members[starts[:-1]], members, starts


def _leave_out(positions: np.ndarray, scores: np.ndarray, left_out: list[np.ndarray], n_items: int) -> tuple:
    """Put -1 and minus infinity at the end of each row in the place of what to leave out of it."""
    rows = np.repeat(np.arange(len(left_out)), [len(items) for items in left_out])
    pairs = np.arange(len(positions))[:, None] * n_items + positions
    dropped = np.isin(pairs, rows * n_items + np.concatenate(left_out)) | (positions < 0)
    order = np.argsort(dropped, axis=1, kind="stable")
    positions, scores = np.where(dropped, -1, positions), np.where(dropped, -np.inf, scores)
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)
