"""What is learned from: MovieLens, made worlds, and how ratings are split."""
