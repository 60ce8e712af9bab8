"""Other ways to draw a triplet's negative, for the ladder of lesson 8 to compare."""

from collections.abc import Callable, Sequence

import numpy as np

from dbrec.training.sampling import Triplets, TripletSampler


class PopularSampler(TripletSampler):
    """Draw never-rated negatives as often as they were rated: as well known as the positives are."""

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw a partner that each anchor never rated, shape (n,), redrawing those it did."""
        drawn, wrong = np.empty(len(anchors), np.int32), np.arange(len(anchors))
        while len(wrong):
            drawn[wrong] = self.partners[self.random.integers(0, len(self.partners), len(wrong))]
            keys = anchors[wrong].astype(np.int64) * self.n_partners + drawn[wrong]
            places = np.minimum(np.searchsorted(self.rated, keys), len(self.rated) - 1)
            wrong = wrong[self.rated[places] == keys]
        return drawn


class HardSampler(TripletSampler):
    """Draw a few never-rated partners and take the one that the model scores best, wrongly.

    `vectors` gives the anchors' and the partners' vectors as they are now, a row a position.

    Source:
        Zhang et al. 2013, "Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling".
    """

    def __init__(self, *arrays: np.ndarray, vectors: Callable[[], Sequence], n_candidates: int, **settings):
        super().__init__(*arrays, **settings)
        self.vectors, self.n_candidates = vectors, n_candidates

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw the best-scored of the candidates for each anchor, shape (n,)."""
        unrated = super().unobserved
        drawn = np.stack([unrated(anchors) for _ in range(self.n_candidates)])
        anchor_vectors, partner_vectors = self.vectors()
        scores = np.einsum("cnd,nd->cn", partner_vectors[drawn], anchor_vectors[anchors])
        return drawn[scores.argmax(axis=0), np.arange(len(anchors))]


class MixedSampler:
    """Draw equally many triplets from each of some samplers."""

    def __init__(self, *samplers: TripletSampler):
        self.samplers = samplers

    def sample(self, size: int) -> Triplets:
        """Draw `size` triplets, a multiple of the number of samplers."""
        drawn = [sampler.sample(size // len(self.samplers)) for sampler in self.samplers]
        return Triplets(*map(np.concatenate, zip(*drawn, strict=True)))
