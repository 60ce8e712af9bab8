"""Find the items of the largest dot products among very many, nearly exactly, by a graph of neighbours."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from usearch.index import Index

from dbrec.checks import check_length

# Only the first ranks are found well: with more to leave out among them, a list comes out short.
MOST_LEFT_OUT = 20
DEPTH = 8  # candidates for each item asked for, at least
SAMPLE = 100  # vectors to compare with those of the scorer


class ItemIndex:
    """An index of items' vectors that finds most of the k largest dot products without computing them all.

    Each vector is linked to some that have large dot products with it, and a search walks along the links
    towards larger ones (hierarchical navigable small world, HNSW). So most links lead to the longest vectors,
    which stand first in most lists; a fifth of the items can't be reached at all. That finds the first ranks
    quickly, among a million items too, and the later ones badly: of the ten after the first 20, .84, and of
    those after the first 200 less than half. Links by direction find the later ones, but .82 of the first ten
    of a million with 512 candidates, where this finds .99.

    How many of the true k are found (the recall) depends on `effort`, on k and on the vectors:
    `benchmarks/results/retrieval.csv`. Below about 100 thousand items exact search is quick enough.

    Args:
        item_vectors: Shape (m, dim); lengths may differ, for they count in a dot product.
        effort: Candidates that a search keeps, or `DEPTH` times the number asked for if that is more: more
            finds more, and takes longer. May be set later.
        links: Links a vector; twice as many in the lowest layer.
        build_effort: Candidates kept while a vector is linked.
        threads: Threads to build and search with; 0 takes all cores. Only with 1 is the same graph built from
            the same vectors each time.

    Raises:
        ValueError: If the vectors aren't a table of finite numbers, or there are none.

    Example:
        >>> index = ItemIndex([[3, 0], [2, 2], [0, 1]])
        >>> positions, scores = index.search([[1, 1]], k=2)
        >>> positions.tolist(), scores.tolist()
        ([[1, 0]], [[4.0, 3.0]])

    Source:
        Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
        navigable small world graphs", TPAMI 42(4), 2020. On dot products: Morozov and Babenko, "Non-metric
        similarity graphs for maximum inner product search", NeurIPS 2018.
    """

    def __init__(
        self, item_vectors, effort: int = 128, links: int = 16, build_effort: int = 128, threads: int = 1
    ):
        vectors = np.asarray(item_vectors, np.float32)
        if vectors.ndim != 2 or 0 in vectors.shape or not np.isfinite(vectors).all():
            raise ValueError(
                f"item vectors of shape {vectors.shape}: give a table of finite numbers, a row an item"
            )
        self.effort, self.threads = effort, threads
        first, self._members, self._starts = _equal_vectors(vectors)
        settings = {"connectivity": links, "expansion_add": build_effort, "dtype": "f32", "metric": "ip"}
        self._graph = Index(ndim=vectors.shape[1], **settings)
        self._graph.add(np.arange(len(first)), vectors[first], threads=threads)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"ItemIndex({len(self):,} items, dim={self._graph.ndim}, effort={self.effort})"

    def search(self, queries, k: int = 10, left_out: Sequence | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Find the k items of the largest dot products with each query, most of them.

        Args:
            queries: Shape (n, dim), or (dim,) for one.
            k: Length of a list, at least 1; at most the number of items is given.
            left_out: For each query the positions of items that it mustn't get, such as those seen. None
                leaves out none. Where many of them stand first, the list comes out short.

        Returns:
            Positions and scores, both of shape (n, min(k, number of items)), best first. Where fewer are
            found, positions end in -1 and scores in minus infinity.

        Raises:
            ValueError: If `k` isn't a whole number of at least 1, queries have another length than the
                items' vectors, or `left_out` another than the queries.
        """
        check_length(k)
        queries = self._checked(queries)
        left_out = [()] * len(queries) if left_out is None else left_out
        if len(left_out) != len(queries):
            raise ValueError(f"{len(queries)} queries and {len(left_out)} lists to leave out: give one each")
        k = min(k, len(self))
        positions = np.full((len(queries), k), -1)
        scores = np.full(positions.shape, -np.inf, np.float32)
        sizes = self._sizes(k, left_out)
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            found = self._search(queries[rows], size)
            kept = _leave_out(*found, [left_out[row] for row in rows])
            positions[rows], scores[rows] = (part[:, :k] for part in kept)
        return positions, scores

    def _checked(self, queries) -> np.ndarray:
        queries = np.atleast_2d(np.asarray(queries, np.float32))
        if queries.shape[1:] != (self._graph.ndim,):
            raise ValueError(f"queries of shape {queries.shape}: give rows of length {self._graph.ndim}")
        return queries

    def _sizes(self, k: int, left_out: Sequence) -> np.ndarray:
        """Tell how many items to ask for: k and those to leave out, up to a power of 2, so in few calls."""
        room = np.array([min(len(items), MOST_LEFT_OUT) for items in left_out], int)
        sizes = np.where(room > 0, 2 ** np.ceil(np.log2(k + room)).astype(int), k)
        return np.minimum(sizes, len(self))

    def _search(self, queries: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        size_asked = min(int(size), len(self._graph))
        self._graph.expansion_search = max(self.effort, DEPTH * size_asked)
        found = self._graph.search(queries, size_asked, threads=self.threads)
        # one query gives flat arrays, cut at the number found
        n_found = found.counts if found.keys.ndim == 2 else np.array([len(found.keys)])
        groups = np.atleast_2d(found.keys).astype(int)
        there = np.arange(groups.shape[1]) < n_found[:, None]
        return self._items(np.where(there, groups, -1), 1 - np.atleast_2d(found.distances), size)

    def _items(self, groups: np.ndarray, scores: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Put the items of a group of equal vectors in its place, up to `size` items a row."""
        counts = np.where(groups < 0, 0, np.diff(self._starts)[groups])
        ends = np.minimum(np.cumsum(counts, axis=1), size)
        taken = np.diff(ends, axis=1, prepend=0).ravel()
        within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
        positions = np.full((len(groups), size), -1)
        values = np.full(positions.shape, -np.inf, np.float32)
        there = np.arange(size) < ends[:, -1:]
        positions[there] = self._members[np.repeat(self._starts[groups].ravel(), taken) + within]
        values[there] = np.repeat(scores.ravel(), taken)
        return positions, values

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
        """Write the index to one file, its vectors included; an earlier file is replaced once it is whole.

        Args:
            path: File to write.
        """
        path = Path(path)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            whole = Path(folder) / "index.npz"
            graph = np.frombuffer(self._graph.save(), np.uint8)
            np.savez(whole, graph=graph, members=self._members, starts=self._starts)
            os.replace(whole, path)

    @classmethod
    def load(cls, path, effort: int = 128, threads: int = 1) -> "ItemIndex":
        """Read an index that `save` has written; it finds what it found then.

        Args:
            path: File of the index.
            effort: As in the class.
            threads: As in the class.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If the file isn't an index.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path} holds no index: give a file that save() has written")
        index = cls.__new__(cls)
        index.effort, index.threads = effort, threads
        try:
            with np.load(path, allow_pickle=False) as arrays:
                index._members, index._starts = arrays["members"], arrays["starts"]
                index._graph = Index.restore(memoryview(arrays["graph"]))
        except Exception as error:  # numpy, zipfile and usearch each raise their own
            raise ValueError(f"{path} isn't an index: give a file that save() has written") from error
        return index


def _equal_vectors(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group items by vector: a graph finds its way badly among many that are equal.

    Returns:
        The position of the first item of each group; all positions, group by group; where each group starts.
    """
    rows = np.ascontiguousarray(vectors + 0.0)  # -0 becomes 0
    keys = rows.view(np.dtype((np.void, rows.strides[0]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    place = np.empty(len(first), int)
    place[np.argsort(first)] = np.arange(len(first))  # groups in the order of their first items
    group = place[group]
    starts = np.append(0, np.cumsum(np.bincount(group)))
    return np.sort(first), np.argsort(group, kind="stable"), starts


def _leave_out(positions: np.ndarray, scores: np.ndarray, left_out: Sequence) -> tuple:
    """Put -1 and minus infinity at the end of each row in the place of what to leave out of it."""
    rows = np.repeat(np.arange(len(left_out)), [len(items) for items in left_out])
    if not len(rows):
        return positions, scores
    many = int(positions.max()) + 1
    items = np.concatenate([np.asarray(items, int) for items in left_out])
    items, rows = items[items < many], rows[items < many]
    pairs = np.arange(len(positions))[:, None] * many + positions
    dropped = np.isin(pairs, rows * many + items) | (positions < 0)
    order = np.argsort(dropped, axis=1, kind="stable")
    positions, scores = np.where(dropped, -1, positions), np.where(dropped, -np.inf, scores)
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)
