import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from analyzer.results import Grade, Line, Savings, Unpriced
from reports.numbers import MINUS, exact_usd
from reports.savings import render

USD = 10**12
MONEY = re.compile(r"([+\u2212]?)(<?)\$([\d,.]+)$")
HOSTILE = "<script>alert(1)</script>'\"&"


@dataclass
class Cell:
    classes: set[str]
    usd: str | None
    text: str = ""


@dataclass
class Row:
    classes: set[str]
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Table:
    classes: set[str]
    rows: list[Row] = field(default_factory=list)


class PageReader(HTMLParser):
    """The tables, tags and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._hidden = ""
        self._cell: Cell | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = set(values.get("class", "").split())
        self.tags.append((tag, values))
        if tag in {"script", "style"}:
            self._hidden = tag
        elif tag == "table":
            self.tables.append(Table(classes))
        elif tag == "tr":
            self.tables[-1].rows.append(Row(classes))
        elif tag in {"td", "th"}:
            self._cell = Cell(classes, values.get("data-usd"))
            self.tables[-1].rows[-1].cells.append(self._cell)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        if tag in {"td", "th"}:
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text += data
        if self._cell:
            self._cell.text += data


@pytest.fixture
def page(whole_page: str) -> PageReader:
    return PageReader(whole_page)


def printed(text: str) -> Fraction:
    """The number a reader adds up: `<$1` counts as nothing."""
    found = MONEY.match(text)
    assert found, text
    sign, hidden, digits = found.groups()
    size = Fraction(0) if hidden else Fraction(digits.replace(",", ""))
    return -size if sign == MINUS else size


def exact(usd: str) -> Fraction:
    return Fraction(usd.removesuffix(" pico")) / (USD if usd.endswith(" pico") else 1)


def table(page: PageReader, name: str) -> Table:
    return next(one for one in page.tables if name in one.classes)


def columns_with_sums(page: PageReader) -> Iterator[tuple[list[Fraction], Fraction]]:
    """Every money column that stands over a sum, and that sum; quiet ones claim nothing."""
    for one in page.tables:
        for total in (row for row in one.rows if "sum" in row.classes):
            for index, cell in enumerate(total.cells):
                if cell.usd is None or "quiet" in cell.classes:
                    continue
                column = [
                    printed(row.cells[index].text)
                    for row in one.rows
                    if row is not total and len(row.cells) > index and row.cells[index].usd
                ]
                yield column, printed(cell.text)


def steps_of(waterfall: Table) -> Iterator[tuple[Fraction, Fraction]]:
    """(what the rows lead to, what the next total prints)."""
    at = Fraction(0)
    for row in waterfall.rows[1:]:
        amount = printed(row.cells[2].text)
        if "total" in row.classes:
            yield at or amount, amount
            at = amount
        else:
            at += amount


def test_printed_parts_add_up_to_printed_totals(page: PageReader) -> None:
    sums = list(columns_with_sums(page))
    # 2 x (fair share, in order) + 4 workload columns + models + 3 of days
    # + 3 error tables x 2 + potential
    assert len(sums) == 2 * 2 + 4 + 1 + 3 + 3 * 2 + 1
    assert all(sum(column, Fraction(0)) == total for column, total in sums)


def test_the_waterfall_walks_from_total_to_total(page: PageReader) -> None:
    steps = list(steps_of(table(page, "waterfall")))
    assert len(steps) == 4
    assert all(walked == total for walked, total in steps)


def test_workload_rows_subtract(page: PageReader) -> None:
    rows = [row for row in table(page, "works").rows if "work" in row.classes]
    assert len(rows) == 8
    for row in rows:
        billed, after, saving = (printed(cell.text) for cell in row.cells[1:4])
        assert after == billed - saving


def test_every_printed_amount_is_within_one_unit_of_its_exact_value(page: PageReader) -> None:
    cells = [cell for one in page.tables for row in one.rows for cell in row.cells if cell.usd]
    assert len(cells) > 150
    for cell in cells:
        assert abs(printed(cell.text) - exact(cell.usd or "")) < 2, cell


def test_the_headline_counts_accepted_lines_and_names_the_potential_apart(
    page: PageReader, savings: Savings
) -> None:
    bill, saving, potential = (
        int(pico / USD + Fraction(1, 2))
        for pico in (savings.billed, savings.saving, savings.potential)
    )
    assert (
        f"could have cost ${saving:,} less: ${bill - saving:,} instead of ${bill:,}." in page.text
    )
    assert f"${potential:,} more is potential: it rests on assumptions (E5)" in page.text
    assert "set by its weakest part, batch and prompt caching" in page.text


def test_no_promise_is_made(page: PageReader) -> None:
    text = page.text.lower()
    for word in ("will save", "up to", "per year", "a year", "annual"):
        assert word not in text


def test_a_lever_that_costs_more_prints_a_plus_and_still_adds_up(savings: Savings) -> None:
    first, *rest = savings.levers
    moved = Fraction(3000) * USD
    worse = replace(first, in_order=first.in_order - 3 * moved, fair_share=first.fair_share - moved)
    better = replace(rest[0], in_order=rest[0].in_order + 3 * moved,
                     fair_share=rest[0].fair_share + moved)  # fmt: skip
    page = PageReader(render(replace(savings, levers=(worse, better, *rest[1:]))))
    assert all(walked == total for walked, total in steps_of(table(page, "waterfall")))
    assert all(sum(column, Fraction(0)) == total for column, total in columns_with_sums(page))
    # output was worth 8,913 in order; 9,000 less is a step of +87 up
    row = next(row for row in table(page, "waterfall").rows if {"output"} <= row.classes)
    assert row.cells[2].text == "+$87"


def test_speculative_decoding_stands_in_no_list_of_levers(page: PageReader) -> None:
    assert "Speculative decoding changes the invoice by $0.00" in page.text
    for one in page.tables:
        words = " ".join(cell.text.lower() for row in one.rows for cell in row.cells)
        assert "speculative" not in words
        assert "serving" not in words
    boxes = [values["data-lever"] for _, values in page.tags if "data-lever" in values]
    assert boxes == ["output", "routing", "batch", "caching"]


def test_the_page_says_what_it_does_not_know(page: PageReader) -> None:
    assert "level only; cache savings uncalibrated" in page.text
    assert "too few sessions to predict one half from the other" in page.text
    assert "Speed the vendor sells (speed: fast)none in this log" in page.text
    assert "published:run-lengths-by-text-kind-2026-08" in page.text
    assert "model gpt-5.6-sol (15), tier flex (45)" in page.text
    assert "The bill is a lower bound: 37 answers unfinished" in page.text


def test_every_drawing_has_a_table_twin(whole_page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", whole_page, re.DOTALL)
    drawn = [figure for figure in figures if "data-fig=" in figure]
    assert len(drawn) == 2
    for figure in drawn:
        twin = figure.split('<details open class="twin', 1)[1]
        assert "<table>" in twin
        assert twin.count("<tr>") > 10


def test_all_sixteen_combinations_are_an_open_table(page: PageReader, savings: Savings) -> None:
    keys = [values["data-key"] for _, values in page.tags if "data-key" in values]
    assert len(set(keys)) == 16
    tabled = {cell.usd for one in page.tables for row in one.rows for cell in row.cells}
    assert {exact_usd(subset.bill) for subset in savings.subsets} <= tabled


def test_switches_look_up_each_replay(whole_page: str, savings: Savings) -> None:
    found = re.search(r'id="answers">(.*?)</script>', whole_page)
    assert found
    answers = json.loads(found.group(1))
    for subset in savings.subsets:
        key = "".join(str(int(step["lever"] in subset.levers)) for step in answers["1111"]["steps"])
        assert answers[key]["bill"]["usd"] == exact_usd(subset.bill)
        steps = [step["text"] for step in answers[key]["steps"] if step["text"] != "off"]
        base = printed(answers["0000"]["bill"]["text"])
        assert base + sum(map(printed, steps)) == printed(answers[key]["bill"]["text"])


def test_nothing_outside_the_page_is_named(whole_page: str) -> None:
    # the packed library is base64: it can hold no address
    own = re.sub(r'id="library">[^<]*<', 'id="library"><', whole_page)
    for sign in ("http:", "https:", "//www", " src=", "url(", "@import"):
        assert sign not in own
    links = [values["href"] for _, values in PageReader(own).tags if "href" in values]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "default-src 'none'; script-src 'sha256-" in own


def test_same_input_gives_the_same_bytes(whole_page: str, savings: Savings) -> None:
    assert render(savings) == whole_page


def test_no_machine_and_no_clock_reach_the_page(whole_page: str) -> None:
    own = re.sub(r'id="library">[^<]*<', 'id="library"><', whole_page)
    for trace in ("/work", "/home", "/tmp", "site-packages", ".venv"):  # noqa: S108 - looked for, not used
        assert trace not in own
    # no date but those of the log, of its prices, and of the named source
    assert set(re.findall(r"20\d\d-\d\d-\d\d", own)) <= {
        *(f"2026-10-{day:02d}" for day in range(1, 32)), "2026-11-09"
    }  # fmt: skip


def test_hostile_names_stay_text(savings: Savings) -> None:
    line = Line("routing", HOSTILE, "E4", HOSTILE, accepted=True, risk="low")
    work = replace(savings.workloads[0], name=HOSTILE, label=HOSTILE, lines=(line,))
    serving = replace(
        savings.serving, lines=(replace(savings.serving.lines[0], workload=HOSTILE, kind=HOSTILE),)
    )
    hostile = replace(
        savings,
        title=HOSTILE + "\\",
        prices=HOSTILE,
        policy_name=HOSTILE,
        method=HOSTILE,
        workloads=(work, *savings.workloads[1:]),
        serving=serving,
        unpriced=(Unpriced(HOSTILE, 1, 1),),
        warnings=(HOSTILE,),
    )
    html = render(hostile)
    page = PageReader(html)
    assert "<script>alert" not in html
    assert (
        sum(tag == "script" for tag, _ in page.tags) == 1 + 1 + 1 + 1 + 1
    )  # days, wait, answers, library, boot
    assert sum(tag == "style" for tag, _ in page.tags) == 1
    assert HOSTILE in page.text


def test_workloads_that_do_not_sum_claim_no_sum(savings: Savings) -> None:
    page = PageReader(render(replace(savings, workloads=savings.workloads[1:])))
    assert "Rows do not sum to the total" in page.text
    assert all(sum(column, Fraction(0)) == total for column, total in columns_with_sums(page))


@pytest.mark.parametrize("grade", ["E1", "E2", "E3", "E4", "E5"])
def test_every_grade_has_a_badge_and_a_meaning(page: PageReader, grade: Grade) -> None:
    titles = [values["title"] for _, values in page.tags if values.get("title", "")[:2] == grade]
    assert titles
    assert all(len(title) > 10 for title in titles)
