"""The recommender to try by hand: say who you are, rate films by stars, and the list follows (lesson 9).

Where no kernel runs, as in a stored notebook, its place is taken by what it showed last, as a table.
"""

import html

import ipywidgets as widgets
import pandas as pd

from dbrec.lessons.visitor import MOST_STARS, Visitor

NOT_TOLD = "not told"
MOST_FOUND = 20
STYLE = "<style>.by-hand td, .by-hand th {padding: 2px 10px; text-align: left; line-height: 1.5}</style>"
WORDS = "<i>likely</i>: the chance that you like it. <i>unsure</i>: how far its score may be off."


def set_options(choice: widgets.Dropdown, options: list[tuple]) -> None:
    """Give a choice other options, and show the first of them."""
    choice.options = options
    # in one message a page would select before it has the options, and show nothing
    choice.index = None
    choice.index = 0 if options else None


class ByHand(widgets.VBox):
    """Show a visitor's list, and what they can tell; each change makes the list anew.

    Attributes:
        choices: Name of a user feature to the widget that chooses its value.
        text, found: What is searched for, and the films found.
        stars: The buttons that rate the film chosen in `found`, by 1 to 5 stars.
        taken_back: What was rated; the one chosen is taken back.
        asked, offered: Buttons that put a film whose rating would tell most into `found`, and these films.
        table: The list.
    """

    def __init__(self, visitor: Visitor, values: dict[str, list]):
        """Make it of a visitor and, for each user feature, the values to choose from."""
        self.visitor = visitor
        self.choices = {name: self._choice(name, options) for name, options in values.items()}
        self.text = widgets.Text(placeholder="part of a title", description="Find a film")
        self.found = widgets.Dropdown(options=[], description="and rate it")
        narrow = {"width": "auto"}
        self.stars = [
            widgets.Button(description="★" * n, tooltip=f"{n} of {MOST_STARS} stars", layout=narrow)
            for n in range(1, MOST_STARS + 1)
        ]
        self.taken_back = widgets.Dropdown(description="You rated")
        self.asked = [widgets.Button(layout=narrow) for _ in range(3)]
        self.table = widgets.HTML()
        self.text.observe(lambda _: self._find(), "value")
        self.taken_back.observe(self._take_back, "value")
        for number, button in enumerate(self.stars, start=1):
            button.on_click(lambda _, number=number: self._rate(number))
        for place, button in enumerate(self.asked):
            button.on_click(lambda _, place=place: self._offer(self.offered.iloc[place:]))
        wrap = widgets.Layout(flex_flow="row wrap")
        next_ones = widgets.HBox([widgets.Label("To rate next, if you saw it:"), *self.asked], layout=wrap)
        lines = [*self.choices.values()], [self.text, self.found, *self.stars], [self.taken_back]
        rows = [widgets.HBox(line, layout=wrap) for line in lines]
        super().__init__([*rows, self.table, widgets.HTML(WORDS), next_ones])
        self._refresh()

    def _choice(self, name: str, options: list) -> widgets.Dropdown:
        chosen = self.visitor.features.get(name, NOT_TOLD)
        choice = widgets.Dropdown(
            options=[NOT_TOLD, *options], value=chosen, description=name.replace("_", " ")
        )

        def tell(change) -> None:
            self.visitor.features.pop(name, None)
            if change["new"] != NOT_TOLD:
                self.visitor.features[name] = change["new"]
            self._refresh()

        choice.observe(tell, "value")
        return choice

    def _find(self) -> None:
        titles = self.visitor.find(self.text.value)
        options = [(title, item) for item, title in titles[:MOST_FOUND].items()]
        if more := len(titles) - len(options):
            options.append((f"and {more} more: write more of the title", None))
        if self.text.value.strip() and not options:
            options = [("no such title", None)]
        set_options(self.found, options)

    def _offer(self, titles: pd.Series) -> None:
        set_options(self.found, [(title, item) for item, title in titles.items()])

    def _rate(self, stars: int) -> None:
        if self.found.value is not None:
            self.visitor.rate(self.found.value, stars)
            self.text.value = ""
            self._refresh()

    def _take_back(self, change) -> None:
        if change["new"]:
            self.visitor.rate(change["new"], 0)
            self._refresh()

    def _refresh(self) -> None:
        rated = self.visitor.rated()
        first = "take one back" if len(rated) else "nothing yet"
        set_options(self.taken_back, [(first, ""), *((name, item) for item, name in rated.items())])
        self.offered = self.visitor.asked(len(self.asked))
        for button, name in zip(self.asked, self.offered, strict=False):  # few films, few questions
            button.description = name
        self.table.value = STYLE + self._shown().to_html(classes="by-hand", border=0)

    def _shown(self) -> pd.DataFrame:
        shown = self.visitor.listed().assign(
            likely=lambda found: found["likely"].map("{:.0%}".format),
            unsure=lambda found: found["unsure"].map("± {:.2f}".format),
        )
        return shown.set_index(pd.RangeIndex(1, len(shown) + 1))

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """Give the widget, and for whoever can't show it the list as a table and as text."""
        shown, told = self._shown(), ", ".join(map(str, self.visitor.features.values())) or NOT_TOLD
        lines = [f"Who: {told}", f"Rated: {'; '.join(self.visitor.rated()) or 'nothing yet'}"]
        next_ones = f"To rate next, if you saw it: {'; '.join(self.offered)}"
        above, below = (
            "".join(f"<p>{html.escape(line)}</p>" for line in part) for part in (lines, [next_ones])
        )
        fallback = {
            "text/html": f"{above}{shown.to_html(border=0)}<p>{WORDS}</p>{below}",
            "text/plain": "\n".join([*lines, shown.to_string(), next_ones]),
        }
        return super()._repr_mimebundle_(**kwargs) | fallback
