"""Find the items of the largest dot products among very many, nearly exactly, by a graph of neighbours."""

import reprlib

import numpy as np

from dbrec import storage
from dbrec.checks import whole_number

try:
    from usearch.index import Index
except ImportError as error:
    raise ImportError("approximate search needs usearch: pip install 'dbrec[index]'") from error

KIND, FORMAT, FILE = "index", 2, "index.npz"
# Only the first ranks are found well: with more to leave out among them, a list comes out short.
MOST_LEFT_OUT = 20
DEPTH = 8  # candidates for each item asked for, at least
SAMPLE = 100  # vectors to compare with those of the scorer
LARGEST = 1e15  # squares of larger numbers don't add up in 32 bits
# with more of them usearch runs out of memory, whatever the vectors
MOST_EFFORT, MOST_LINKS, MOST_THREADS = 1_000_000, 1_000, 1_024


class ItemIndex:
    """An index of items' vectors that finds most of the k largest dot products without computing them all.

    Each vector is linked to some that have large dot products with it, and a search walks along the links
    towards larger ones (hierarchical navigable small world, HNSW). So most links lead to the longest vectors,
    which stand first in most lists; a fifth of the items can't be reached at all. That finds the first ranks
    well, .99 of ten among a million items with 512 candidates, and the later ones badly: of the ten after the
    first 20, .84. How many are found (the recall) depends on `effort`, on k and on the vectors:
    `benchmarks/results/retrieval.csv`. Below about 100 thousand items exact search is quick enough.

    Args:
        item_vectors: Shape (m, dim), numbers below 1e15 in size; lengths may differ and count.
        effort: Candidates that a search keeps, 1 to 1,000,000, or `DEPTH` times the number asked for if that
            is more: more finds more, and takes longer. May be set later, as may `threads`.
        links: Links a vector, 2 to 1,000; twice as many in the lowest layer.
        build_effort: Candidates kept while a vector is linked, 1 to 1,000,000.
        threads: Threads to build and search with, up to 1,024; 0 takes all cores. Only 1 builds the same
            graph from the same vectors each time.

    Raises:
        ValueError: If the vectors aren't a table of finite numbers, or another number is out of its range.

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
        self.effort, self.threads = effort, threads
        _, threads = self._settings()
        links = whole_number("links", links, 2, MOST_LINKS)
        build_effort = whole_number("build_effort", build_effort, 1, MOST_EFFORT)
        vectors = _table(item_vectors, "item vectors", "give a table of finite numbers, a row an item")
        first, self._members, self._starts = _equal_vectors(vectors)
        settings = {"connectivity": links, "expansion_add": build_effort, "dtype": "f32", "metric": "ip"}
        self._graph = Index(ndim=vectors.shape[1], **settings)
        self._graph.add(np.arange(len(first)), vectors[first], threads=threads)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"ItemIndex({len(self):,} items, dim={self._graph.ndim}, effort={self.effort})"

    def search(self, queries, k: int = 10, left_out=None) -> tuple[np.ndarray, np.ndarray]:
        """Find the k items of the largest dot products with each query, most of them.

        Args:
            queries: Shape (n, dim), or (dim,) for one; numbers below 1e15 in size.
            k: Length of a list, at least 1; at most the number of items is given.
            left_out: For each query the positions of items that it mustn't get, such as those seen. None
                leaves out none. Where many of them stand first, the list comes out short.

        Returns:
            Positions and scores, both of shape (n, min(k, number of items)), best first. Where fewer are
            found, positions end in -1 and scores in minus infinity.

        Raises:
            ValueError: If `k`, `effort` or `threads` isn't a whole number in its range, queries aren't finite
                or of the items' length, or `left_out` isn't n lists of positions.
        """
        k = min(whole_number("k", k), len(self))
        dim = self._graph.ndim
        queries = _table(queries, "queries", f"give rows of length {dim}, finite numbers", dim)
        lists = _lists(left_out, len(queries), len(self))
        positions = np.full((len(queries), k), -1)
        scores = np.full(positions.shape, -np.inf, np.float32)
        sizes = self._sizes(k, lists)
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            kept = _leave_out(*self._search(queries[rows], size), [lists[row] for row in rows], len(self))
            positions[rows], scores[rows] = (part[:, :k] for part in kept)
        return positions, scores

    def _settings(self) -> tuple[int, int]:
        effort = whole_number("effort", self.effort, 1, MOST_EFFORT)
        return effort, whole_number("threads", self.threads, 0, MOST_THREADS)

    def _sizes(self, k: int, left_out: list[np.ndarray]) -> np.ndarray:
        """Tell how many items to ask for: k and those to leave out, up to a power of 2, so in few calls."""
        room = np.array([min(len(items), MOST_LEFT_OUT) for items in left_out], int)
        sizes = np.where(room > 0, 2 ** np.ceil(np.log2(k + room)).astype(int), k)
        return np.minimum(sizes, len(self))

    def _search(self, queries: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        effort, threads = self._settings()
        size_asked = min(int(size), len(self._graph))
        self._graph.expansion_search = max(effort, DEPTH * size_asked)
        found = self._graph.search(queries, size_asked, threads=threads)
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
        """Write the index, its vectors included, to a folder, as `dbrec.storage.writing` does.

        Args:
            path: A folder that is new, empty or holds an index.

        Raises:
            OSError: If it can't be written, or holds something else.
        """
        arrays = {"graph": np.frombuffer(self._graph.save(), np.uint8), "ndim": self._graph.ndim}
        arrays |= {"members": self._members, "starts": self._starts}
        storage.write_arrays(path, KIND, FORMAT, {}, {FILE: arrays})

    @classmethod
    def load(cls, path, effort: int = 128, threads: int = 1) -> "ItemIndex":
        """Read an index that `save` has written; it finds what it found then.

        Load only indexes that you trust: the graph inside is read by a C++ library, and one made to harm can
        do so. What is merely damaged or not whole is refused by its checksum before.

        Args:
            path: Folder of the index.
            effort: As in the class, as is `threads`.

        Raises:
            FileNotFoundError: If there is no index at `path`.
            ValueError: If it is damaged or of another format, or a number is outside its range.
        """
        index = cls.__new__(cls)
        index.effort, index.threads = effort, threads
        index._settings()
        _, files = storage.read_arrays(path, KIND, FORMAT)
        try:
            arrays = files[FILE]
            index._members, index._starts = arrays["members"], arrays["starts"]
            index._graph = Index.restore(memoryview(arrays["graph"]))
            whole = index._is_whole(arrays["ndim"])
        except Exception:  # usearch raises its own
            whole = False
        if not whole:
            raise ValueError(f"{path} holds an index whose parts don't fit: build it anew and save")
        return index

    def _is_whole(self, dim) -> bool:
        """Tell whether each item is in one group, and each group in the graph."""
        size, starts = len(self._starts) - 1, self._starts
        items = np.array_equal(np.sort(self._members), np.arange(len(self)))
        groups = starts[0] == 0 and starts[-1] == len(self) and (np.diff(starts) > 0).all()
        nodes = np.array_equal(np.sort(np.asarray(self._graph.keys)), np.arange(size))
        kinds = {self._members.dtype.kind, starts.dtype.kind} == {"i"}
        return bool(kinds and items and groups and nodes and self._graph.ndim == dim)


def _table(values, name: str, advice: str, dim: int | None = None) -> np.ndarray:
    """Return rows of finite numbers as float32; with `dim`, rows of this length, or a single one."""
    try:
        table = np.asarray(values)
    except ValueError:  # rows of several lengths
        table = np.empty(len(values), object)
    table = table if dim is None else np.atleast_2d(table)
    shape, fits = table.shape, table.ndim == 2 and table.dtype.kind in "iuf"
    if fits:
        with np.errstate(over="ignore"):
            table = table.astype(np.float32, copy=False)
        fits = -LARGEST < table.min(initial=0) and table.max(initial=0) < LARGEST
    if not fits or (0 in shape if dim is None else shape[1] != dim):
        raise ValueError(f"{name} of shape {shape}: {advice}, and not {reprlib.repr(values)}")
    return table


def _lists(left_out, n_queries: int, n_items: int) -> list[np.ndarray]:
    """Return the positions to leave out of each query, as arrays."""
    if left_out is None:
        return [np.empty(0, int)] * n_queries
    advice = f"give a list for each query, of positions from 0 to {n_items - 1}"
    try:
        lists = [np.asarray(items) for items in left_out]
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


def _leave_out(positions: np.ndarray, scores: np.ndarray, left_out: list[np.ndarray], n_items: int) -> tuple:
    """Put -1 and minus infinity at the end of each row in the place of what to leave out of it."""
    rows = np.repeat(np.arange(len(left_out)), [len(items) for items in left_out])
    if not len(rows):
        return positions, scores
    pairs = np.arange(len(positions))[:, None] * n_items + positions
    dropped = np.isin(pairs, rows * n_items + np.concatenate(left_out)) | (positions < 0)
    order = np.argsort(dropped, axis=1, kind="stable")
    positions, scores = np.where(dropped, -1, positions), np.where(dropped, -np.inf, scores)
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)
