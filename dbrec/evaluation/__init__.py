"""Measures of a recommender."""
