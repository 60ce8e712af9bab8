"""Tiny MovieLens folders, zips and a wheel, made up but laid out as the real ones are."""

import io
import zipfile
from pathlib import Path

ML_1M = {
    "ratings.dat": "7::30::5::978300760\n7::10::3::0\n9::30::1::978302109\n",
    "users.dat": "7::F::1::10::48067\n9::M::56::0::98107-2117\n",
    "movies.dat": (
        "10::Déjà Lu (1987)::Comedy|Drama\n"
        "20::Bread (L'Pain)(1982)::Western\n"
        "30::2001 Kites: A Tale (1999)::Children's\n"
    ),
}
ML_100K = {
    "u.data": "9\t30\t4\t881250949\n7\t40\t2\t891717742\n",
    "u.user": "7|17|F|student|T8H1N\n9|50|M|none|94043\n",
    "u.item": (
        "10|Déjà Lu (1987)|01-Jan-1987||http://example.org|" + "0|" * 5 + "1|0|0|1" + "|0" * 10 + "\n"
        "30|unknown||||1" + "|0" * 18 + "\n"
        "40|Kites (1995) (V)|01-Jan-1995||http://example.org|" + "0|" * 18 + "1\n"
    ),
}
CONTENTS = {"ml-1m": ML_1M, "ml-100k": ML_100K}

WHEEL = {
    "inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + ML_100K["u.data"],
    "user": (
        "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
        + ML_100K["u.user"].replace("|", "\t")
    ),
    "item": (
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "10\tDéjà Lu\t1987\tComedy Drama\n"
        "30\tunkonwn\tunkonwn\tunknown\n"
        "40\tKites (1995)\tV\tWestern\n"
    ),
}


def write_movielens(data_dir: Path, name: str = "ml-1m", **changed: str) -> Path:
    """Write a tiny data set; `ratings`, `users` or `movies` replace a file's contents."""
    folder = data_dir / name
    folder.mkdir(parents=True)
    for (file, text), kind in zip(CONTENTS[name].items(), ("ratings", "users", "movies"), strict=True):
        (folder / file).write_bytes(changed.get(kind, text).encode("latin-1"))
    return folder


def zip_bytes(name: str = "ml-1m", without: str = "", **extra: str) -> bytes:
    """Pack a tiny data set as GroupLens does, maybe without a file or with more of them."""
    members = {f"{name}/{file}": text for file, text in CONTENTS[name].items() if file != without}
    return _zipped(members | extra)


def write_wheel(folder: Path) -> Path:
    """Write an imitation of RecBole's wheel that pip and uv accept."""
    info = "recbole-1.2.1.dist-info"
    members = {f"recbole/dataset_example/ml-100k/ml-100k.{k}": v for k, v in WHEEL.items()}
    members[f"{info}/METADATA"] = "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n"
    members[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    names = [*members, f"{info}/RECORD"]
    members[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names)
    path = folder / "recbole-1.2.1-py3-none-any.whl"
    path.write_bytes(_zipped(members, encoding="utf-8"))
    return path


def _zipped(members: dict[str, str], encoding: str = "latin-1") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members.items():
            # Without the time of day in it, the same text is the same bytes.
            archive.writestr(zipfile.ZipInfo(member), text.encode(encoding), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
