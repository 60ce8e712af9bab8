"""Figures that more than one lesson draws."""

try:
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib.axes import Axes
except ModuleNotFoundError as error:
    needs = "dbrec.lessons.plots needs matplotlib and seaborn"
    raise ImportError(f"{needs}: pip install 'dbrec[lessons]'") from error


def use_style() -> None:
    """Set the series' look: white background, grid, colour-blind palette, text that a class can read."""
    sns.set_theme(style="whitegrid", palette="colorblind", font_scale=1.1)
    plt.rcParams.update({"figure.figsize": (7, 4), "figure.dpi": 100, "savefig.dpi": 100})


def plot_network(network, ax: Axes | None = None) -> Axes:
    """Draw the graph of a Keras functional model: a box a layer, an arrow a tensor, inputs on top.

    A layer that is used twice is one box with two arrows in: that is what sharing weights looks like.

    Args:
        network: A ``keras.Model`` built with the functional API.
        ax: Axes to draw on and to return; None makes new ones.
    """
    sources = {layer["name"]: _sources(layer["inbound_nodes"]) for layer in network.get_config()["layers"]}
    depth: dict[str, int] = {}
    for name in sources:  # layers come after their sources
        depth[name] = 1 + max((depth[source] for source in sources[name]), default=-1)
    rows = {d: [name for name in sources if depth[name] == d] for d in sorted(set(depth.values()))}
    widest = max(len(row) for row in rows.values())
    if ax is None:
        ax = plt.subplots(figsize=(2.6 * widest + 0.5, 1.2 * len(rows)))[1]
    spots = {n: ((i + 0.5) * widest / len(row), -d) for d, row in rows.items() for i, n in enumerate(row)}
    kinds = {layer.name: type(layer).__name__ for layer in network.layers}
    for name, (x, y) in spots.items():
        colour = "C0" if kinds[name] == "InputLayer" else "C1" if depth[name] == len(rows) - 1 else "C2"
        box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour, "linewidth": 1.8}
        label = f"{name}\n{kinds[name]}"
        ax.text(x, y, label, ha="center", va="center", fontsize=10, bbox=box, zorder=3)
        for place, source in enumerate(sources[name]):
            start, end = spots[source], x + 0.15 * (place - (len(sources[name]) - 1) / 2)
            arrow = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (end, y + 0.25), (start[0], start[1] - 0.25), arrowprops=arrow, zorder=1)
    ax.set(xlim=(0, widest), ylim=(0.6 - len(rows), 0.6))
    ax.axis("off")
    return ax


def _sources(part) -> list[str]:
    """Names of the layers whose output a layer takes, one an arrow, from its part of the model's config."""
    if isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        return [part["config"]["keras_history"][0]]
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else []
    return [name for inner in parts for name in _sources(inner)]
