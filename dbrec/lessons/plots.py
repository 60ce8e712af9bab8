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


def plot_network(network) -> Axes:
    """Draw the graph of a Keras functional model: a box a layer, an arrow a tensor, inputs on top.

    A layer that is used twice is one box with two arrows in: that is what sharing weights looks like.

    Args:
        network: A ``keras.Model`` built with the functional API.
    """
    layers = network.get_config()["layers"]
    arrows = [(source, layer["name"]) for layer in layers for source in _sources(layer["inbound_nodes"])]
    rows = _rows([layer["name"] for layer in layers], arrows)
    widest = max(len(row) for row in rows)
    ax = plt.subplots(figsize=(2.6 * widest + 0.5, 1.2 * len(rows)))[1]
    spots = {n: ((i + 0.5) * widest / len(row), -y) for y, row in enumerate(rows) for i, n in enumerate(row)}
    kinds = {layer["name"]: layer["class_name"] for layer in layers}
    for name, (x, y) in spots.items():
        colour = "C0" if kinds[name] == "InputLayer" else "C1" if name in rows[-1] else "C2"
        box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour, "linewidth": 1.8}
        ax.text(x, y, f"{name}\n{kinds[name]}", ha="center", va="center", fontsize=11, bbox=box, zorder=3)
    leave, arrive = _ends(arrows, spots, 0), _ends(arrows, spots, 1)
    for start, end in zip(leave, arrive, strict=True):
        look = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (end[0], end[1] + 0.27), (start[0], start[1] - 0.27), arrowprops=look, zorder=1)
    ax.set(xlim=(0, widest), ylim=(0.6 - len(rows), 0.6))
    ax.axis("off")
    return ax


def _rows(names: list[str], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Put layers into rows below their sources, and each row in an order that lets few arrows cross."""
    depth: dict[str, int] = {}
    for name in names:  # layers come after their sources
        depth[name] = 1 + max((depth[source] for source, target in arrows if target == name), default=-1)
    rows = [[name for name in names if depth[name] == d] for d in range(max(depth.values()) + 1)]
    for end in (0, 1) * 3:  # look down, then up, until it has settled
        place = {name: (i + 0.5) / len(row) for row in rows for i, name in enumerate(row)}
        for row in rows[::-1] if end == 0 else rows:
            near = {name: [place[a[1 - end]] for a in arrows if a[end] == name] for name in row}
            row.sort(key=lambda name: sum(near[name]) / len(near[name]) if near[name] else place[name])
            place |= {name: (i + 0.5) / len(row) for i, name in enumerate(row)}
    return rows


def _ends(arrows: list[tuple[str, str]], spots: dict, end: int) -> list[tuple[float, float]]:
    """Spread the arrows' ends along their boxes, in the order of where the arrows go."""
    found = []
    for number, arrow in enumerate(arrows):
        same = [i for i, other in enumerate(arrows) if other[end] == arrow[end]]
        same.sort(key=lambda i: (spots[arrows[i][1 - end]][0], i))
        x, y = spots[arrow[end]]
        found.append((x + 0.16 * (same.index(number) - (len(same) - 1) / 2), y))
    return found


def _sources(part) -> list[str]:
    """Names of the layers whose output a layer takes, one an arrow, from its part of the model's config."""
    if isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        return [part["config"]["keras_history"][0]]
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else []
    return [name for inner in parts for name in _sources(inner)]
