"""The slides hold each figure, what reads it and what teachers ask, and need nothing else."""

import re

import make_slides
import nbformat
import pytest


@pytest.fixture(scope="module")
def slides():
    return list(make_slides.slides())


def test_each_figure_of_each_lesson_is_on_a_slide_of_its_own(slides):
    shown = [png for slide in slides for png in re.findall('base64,([^"]+)"', slide)]
    outputs = [
        output.get("data", {}).get("image/png", "").replace("\n", "")
        for lesson in make_slides.LESSONS
        for cell in nbformat.read(lesson, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert shown == [png for png in outputs if png] and len(shown) > 40
    assert max(slide.count("<img") for slide in slides) == 1


def test_each_figure_has_words_of_its_own_that_a_reader_who_can_not_see_it_understands():
    told = [
        text
        for lesson in make_slides.LESSONS
        for words in make_slides.words_of_figures(nbformat.read(lesson, as_version=4).cells)
        for text in words
    ]
    assert len(told) > 40 and len(set(told)) == len(told)
    assert [text for text in told if len(text.split()) < 15 or re.search(r"[\\$*`{}]", text)] == []


def test_each_lesson_begins_with_its_title_and_the_questions_of_the_plans(slides):
    titles = [slide for slide in slides if "<h1>" in slide]
    assert len(titles) == len(make_slides.LESSONS) == 15
    assert titles[4].startswith(
        "<section><h1>5. Which loss teaches a triplet?</h1><p>All three scores rise by 10."
    )
    asked = make_slides.questions()
    assert sorted(asked) == list(range(1, 12)) and "which finds the most hits" in asked[9][0]
    assert sum(map(len, asked.values())) == sum(slide.count("?</p>") for slide in titles)
    assert asked[2] == [
        "Cleo wants laughs and no thrills: which film comes first for her?",
        "What could the first axis of the data be?",
    ]


def test_a_plan_s_times_follow_each_other_and_each_half_of_a_day_has_a_break():
    hours, day = make_slides.TEACHING.read_text("utf-8").split("## One day")
    spans = re.findall(r"^\| (\d+)-(\d+) \|", hours, re.MULTILINE)
    assert [begin for begin, _ in spans] + ["120"] == ["0"] + [end for _, end in spans]
    stops = re.findall(r"^\| (\d+):(\d+) \|(?: \| (a break|lunch))?", day, re.MULTILINE)
    times = [int(hour) * 60 + int(minute) for hour, minute, _ in stops]
    assert times == sorted(set(times))
    assert [rest for *_, rest in stops if rest] == ["a break", "lunch", "a break"]


def test_words_are_short_and_a_reader_without_tex_can_read_them(slides):
    for slide in slides:
        words = re.sub("<img[^>]*>", "", slide)
        assert not re.search(r"[\\$`*]", words), words
        assert len(re.sub("<[^>]*>", " ", words).split()) < make_slides.WORDS + 20, words
    assert make_slides.shortened("One two. Three (four). Five?") == "One two. Three (four). Five?"
    long = " ".join(["word"] * make_slides.WORDS) + ". And more."
    assert make_slides.shortened(long) == long.removesuffix(" And more.")
    assert make_slides.plain(r"the *slope* is $-\sigma(x)\,\sigma(-x)$") == "the slope is -σ(x) σ(-x)"


def test_the_page_fetches_nothing(slides, tmp_path, monkeypatch, capsys):
    page = tmp_path / "new" / "slides.html"
    monkeypatch.setattr("sys.argv", ["make_slides.py", str(page)])
    make_slides.main()
    text = page.read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)', text) and "@import" not in text
    assert text.count("<section>") == text.count("</section>") == len(slides)
    assert str(page) in capsys.readouterr().out
