"""The drawings of the lessons, a module a subject; what a lesson teaches to draw stands in its own cells."""

try:
    import matplotlib  # noqa: F401
    import seaborn  # noqa: F401
except ModuleNotFoundError as error:
    needs = "dbrec.lessons.drawn needs matplotlib and seaborn"
    raise ImportError(f"{needs}: pip install 'dbrec[lessons]'") from error
