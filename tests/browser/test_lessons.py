"""Each lesson as a learner has it: opened in JupyterLab and run, its links and exercises tried."""

import nbformat
import pytest

from conftest import ROOT

LESSONS = sorted(file.name for file in (ROOT / "notebooks").glob("[01][0-9]_*.ipynb"))[1:]  # no contents
RUN_MINUTES = 10
CURRENT = "window.jupyterapp.shell.currentWidget"
# what is stored is cleared first: it would pass for a run
RUN_ALL = f"""async () => {{
  const panel = {CURRENT};
  await panel.sessionContext.ready;
  await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
  await window.jupyterapp.commands.execute('notebook:run-all-cells');
  return panel.content.model.toJSON().cells;
}}"""
RUN_CELL = f"""async ([id, source]) => {{
  const notebook = {CURRENT}.content;
  notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
  notebook.activeCell.model.sharedModel.setSource(source);
  await window.jupyterapp.commands.execute('notebook:run-cell');
  return notebook.activeCell.model.toJSON().outputs.map(output => output.text).join('');
}}"""


def opened(page, lab: str, name: str) -> None:
    """Open a notebook, and wait until its cells are there."""
    page.set_default_timeout(RUN_MINUTES * 60_000)
    page.goto(f"{lab}/lab/tree/notebooks/{name}?reset")
    page.wait_for_function(f"() => window.jupyterapp && {CURRENT}?.content?.widgets?.length > 0")
    page.wait_for_function(f"() => {CURRENT}.sessionContext?.session?.kernel?.status === 'idle'")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_from_top_to_bottom_and_shows_its_figures(page, lab, name):
    opened(page, lab, name)
    cells = page.evaluate(RUN_ALL)
    committed = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells  # the copy may save itself
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert _figures(cells) == _figures(committed)


def _figures(cells: list[dict]) -> int:
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_the_links_at_the_top_lead_on_and_back(page, lab):
    opened(page, lab, LESSONS[1])
    for name in (LESSONS[2], LESSONS[1], LESSONS[0]):
        page.locator(f"a[href*='{name}']:visible").first.click()
        page.wait_for_function(f"name => {CURRENT}.context.path.endsWith(name)", arg=name)


def test_an_exercise_is_answered_wrong_and_then_right(page, lab):
    opened(page, lab, LESSONS[1])
    [first] = [cell for cell in page.evaluate(RUN_ALL) if 'check("L2.1"' in "".join(cell["source"])]
    gap = "".join(first["source"])
    solved = nbformat.read(ROOT / "notebooks" / "solutions" / LESSONS[1], as_version=4).cells
    [right] = [cell.source for cell in solved if 'check("L2.1"' in cell.source]
    for source, said in ((gap.replace("...", "1000"), "Wrong:"), (right, "Right.")):
        assert said in page.evaluate(RUN_CELL, [first["id"], source])


def test_three_films_rated_by_hand_change_the_list_and_leave_it(page, lab):
    opened(page, lab, LESSONS[8])
    page.evaluate(RUN_ALL)
    rate_three(page)


IS_CHOSEN = """film => [...document.querySelectorAll('select')].some(
  select => select.selectedOptions[0]?.text.replaceAll('\\u00a0', ' ') === film)"""
IS_GONE = """film => ![...document.querySelectorAll('table.by-hand td:first-of-type')].some(
  cell => cell.innerText === film)"""


def rate_three(page) -> None:
    """Rate the first film of the list three times, in a notebook or on a page; each has to leave the list."""
    for stars in ("★★★★★", "★★★★", "★"):
        first = page.locator("table.by-hand:visible tbody td").first
        first.wait_for()
        film = first.inner_text()
        page.get_by_placeholder("part of a title").first.fill(film.rsplit(" (", 1)[0])
        page.wait_for_function(IS_CHOSEN, arg=film)
        page.get_by_role("button", name=stars, exact=True).first.click()
        page.wait_for_function(IS_GONE, arg=film)
