"""Find the place of a US ZIP code: state, region and coordinates."""

import functools
import reprlib

import pandas as pd
import zipcodes

DIVISIONS = {
    "Pacific": "AK CA HI OR WA",
    "Mountain": "AZ CO ID MT NM NV UT WY",
    "West North Central": "IA KS MN MO ND NE SD",
    "West South Central": "AR LA OK TX",
    "East North Central": "IL IN MI OH WI",
    "East South Central": "AL KY MS TN",
    "South Atlantic": "DC DE FL GA MD NC SC VA WV",
    "Middle Atlantic": "NJ NY PA",
    "New England": "CT MA ME NH RI VT",
}
"""The nine divisions by the US Census Bureau's "Census Regions and Divisions of the United States"."""

_REGION = {state: region for region, states in DIVISIONS.items() for state in states.split()}
_US_CODE = r"^(\d{5})(?:-?\d{4})?$"


def places(zip_codes: pd.Series) -> pd.DataFrame:
    """Look up the places of ZIP codes in the table that the package ``zipcodes`` carries.

    Args:
        zip_codes: Codes as text, shape (n,), any index; missing values are allowed. Five digits, or ZIP+4
            with or without its hyphen, of which the first five count.

    Returns:
        A frame with the index of `zip_codes`: ``state`` (text, two letters), ``region`` (category: a key of
        `DIVISIONS`), ``latitude`` and ``longitude`` (degrees), missing where the code is foreign, mistyped or
        withdrawn. Military mail (AA, AE, AP) has only a state; territories such as Puerto Rico, no region.

    Raises:
        TypeError: If they aren't a row of text: numbers have lost their leading zeros.

    Example:
        >>> places(pd.Series(["02138", "55455-0001", "K7L5J"], index=[7, 8, 9])).round(1)
          state              region  latitude  longitude
        7    MA         New England      42.4      -71.1
        8    MN  West North Central      45.0      -93.2
        9   NaN                 NaN       NaN        NaN
    """
    try:
        codes = pd.Series([zip_codes] if zip_codes is None else zip_codes)
    except (TypeError, ValueError):  # frames, tables, sets
        kind = type(zip_codes).__name__
        raise TypeError(f"zip_codes is a {kind}: give one column or list of text") from None
    if other := [code for code in codes.dropna().tolist() if not isinstance(code, str)]:
        raise TypeError(
            f"zip_codes has dtype {codes.dtype}, such as {reprlib.repr(other[0])}: give text, since numbers "
            "lose leading zeros; read the file with dtype=str, or restore them by .astype(str).str.zfill(5)"
        )
    five_digits = codes.astype("str").str.strip().str.extract(_US_CODE, expand=False)
    return _table().reindex(five_digits).set_axis(codes.index)


@functools.cache
def _table() -> pd.DataFrame:
    """All codes of the package as one frame, made once: it takes about a second."""
    listed = pd.DataFrame(zipcodes.list_all()).set_index("zip_code")
    region = pd.Categorical(listed["state"].map(_REGION), categories=list(DIVISIONS))
    point = listed[["lat", "long"]].astype(float).set_axis(["latitude", "longitude"], axis=1)
    point = point[(point != 0).any(axis=1)]  # military mail stands at (0, 0), which is in the sea off Ghana
    return listed[["state"]].astype("str").assign(region=region).join(point)
