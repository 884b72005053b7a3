"""Whatever is thrown at it: a clear error or a counted, rejected row, never a traceback."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import types
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tidegate.ingest import Intake, opening, read_accounts, read_events, read_messages, read_tickets
from tidegate.tables import InputError, Tickets

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

HEADER = "id,created_at,subject\n"
GOOD = HEADER + "1,2024-05-01,a\n2,2024-05-02,b\n"


def read(data: bytes | str, now: datetime) -> Intake:
    intake = read_tickets(data.encode() if isinstance(data, str) else data, now=now)
    assert intake.read == intake.table.height + intake.rejected.height
    Tickets.validate(intake.table)
    return intake


def reasons(intake: Intake) -> list[tuple[int, str]]:
    return [(row, why) for row, why in intake.rejected.select("row", "why").rows()]


def test_rows_with_too_many_or_too_few_fields_are_rejected_by_number(now: datetime) -> None:
    intake = read(HEADER + "1,2024-05-01,a\n2,2024-05-02\n3,2024-05-03,c,d\n4,2024-05-04,e\n", now)
    assert intake.table.get_column("ticket_id").to_list() == ["1", "4"]
    assert reasons(intake) == [(2, "the row has 2 fields, the header 3"), (3, "the row has 4 fields, the header 3")]


def test_a_short_row_among_empty_last_cells_is_found(now: datetime) -> None:
    intake = read('id,created_at,subject,note\n1,2024-05-01,"a, b",\n2,2024-05-01,"say ""hi""",\n3,2024-05-01\n', now)
    assert intake.table.get_column("subject").to_list() == ["a, b", 'say "hi"']
    assert reasons(intake) == [(3, "the row has 2 fields, the header 4")]


def test_blank_lines_are_no_rows(now: datetime) -> None:
    assert read(HEADER + "1,2024-05-01,a\n\n\n2,2024-05-02,b\n\n", now).read == 2


def test_trailing_separators_do_no_harm(now: datetime) -> None:
    assert read(HEADER + "1,2024-05-01,a,,\n", now).table.height == 1


def test_a_stray_quote_costs_one_row(now: datetime) -> None:
    text = HEADER + '1,2024-05-01,a\n2,2024-05-02,"b\n3,2024-05-03,c\n4,2024-05-04,d\n'
    intake = read(text, now)
    assert intake.table.get_column("ticket_id").to_list() == ["1", "3", "4"]
    assert reasons(intake) == [(2, "a quote is opened and never closed")]


def test_cells_over_several_lines_stay_one_row(now: datetime) -> None:
    intake = read(HEADER + '1,2024-05-01,"a\n\nb,c\nd"\n2,2024-05-02\n', now)
    assert intake.table.get_column("subject").to_list() == ["a\n\nb,c\nd"]
    assert intake.rejected.get_column("row").to_list() == [2]


def test_huge_cells_and_formulas_are_data(now: datetime) -> None:
    huge = "x, " * 94_000
    intake = read(HEADER + f'1,2024-05-01,"{huge}"\n2,2024-05-02,=cmd()\n3,2024-05-03\n', now)
    assert intake.table.get_column("subject").to_list() == [huge, "=cmd()"]


def test_ids_and_creation_times_are_needed(now: datetime) -> None:
    intake = read(HEADER + ",2024-05-01,a\n2,soon,b\n3,,c\n4,2024-05-04,d\n", now)
    assert intake.rejected.rows() == [
        ("<bytes>", 1, "id", None, "there is no ticket_id"),
        ("<bytes>", 2, "created_at", "soon", "this is no created_at"),
        ("<bytes>", 3, "created_at", None, "there is no created_at"),
    ]


def test_the_newest_of_repeated_ids_is_kept(now: datetime) -> None:
    head = "id,created_at,updated_at,subject\n"
    rows = [f"{n},2024-05-01,2024-05-02,x\n" for n in range(2, 9)]
    twice = "1,2024-05-01,2024-05-04,new\n1,2024-05-01,2024-05-03,old\n"
    intake = read(head + twice + "".join(rows), now)
    assert intake.table.filter(ticket_id="1").get_column("subject").to_list() == ["new"]
    assert intake.rejected.rows() == [
        ("<bytes>", 2, "id", "1", "ticket_id occurs again in row 1 of <bytes>, which was kept")
    ]
    without = read(HEADER + "1,2024-05-01,first\n1,2024-05-01,second\n", now)
    assert without.table.get_column("subject").to_list() == ["first"]


def test_unknown_words_leave_null_and_are_told(now: datetime) -> None:
    intake = read("id,created_at,priority,status,reopens\n1,2024-05-01,Purple,Sleeping,often\n", now)
    assert intake.table.select("given_level", "priority", "status", "reopens").row(0) == (None, "Purple", "open", None)
    told = " ".join(intake.notes)
    assert all(word in told for word in ("'Purple'", "'Sleeping'", "'often'"))


def test_a_solution_before_the_creation_is_emptied_and_told(now: datetime) -> None:
    intake = read("id,created_at,solved_at,status\n1,2024-05-02,2024-05-01,solved\n2,2024-05-01,2024-05-02,\n", now)
    assert intake.table.select("solved_at").null_count().item() == 1
    assert intake.table.get_column("status").to_list() == ["solved", "solved"]
    assert any("1 cells of solved_at lie before created_at" in note for note in intake.notes)


def test_tickets_of_later_are_all_listed_and_told_once(now: datetime) -> None:
    rows = "".join(f"{place},2024-06-02T00:00:{place:02d}Z,x\n" for place in range(10, 60))
    intake = read(GOOD + rows, now)
    assert intake.rejected.height == 50
    assert intake.rejected.row(0) == ("<bytes>", 3, "created_at", "2024-06-02 00:00:10 UTC", "it was created after now")
    told = [note for note in intake.notes if "after now" in note]
    assert len(told) == 1
    assert told[0].startswith("50 tickets were created after now, 2024-06-01 12:00 UTC, and are rejected;")


def test_nothing_after_now_is_known(now: datetime) -> None:
    text = "id,created_at,solved_at,closed_at,status\n"
    text += "1,2024-05-01,2024-06-03,2024-06-05,closed\n2,2024-05-01,2024-05-02,2024-06-05,closed\n3,2024-06-02,,,new\n"
    intake = read(text, now)
    assert intake.table.get_column("status").to_list() == ["open", "solved"]
    assert intake.table.get_column("closed_at").null_count() == 2
    assert intake.rejected.select("row", "column").rows() == [(3, "created_at")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings(encoding: str, now: datetime) -> None:
    text = "id;created_at;subject\n1;2024-05-01;Tür öffnet nicht\n2;2024-05-01;plain\n"
    intake = read(text.encode(encoding), now)
    assert intake.table.get_column("subject").to_list() == ["Tür öffnet nicht", "plain"]


def test_one_broken_character_does_not_change_the_encoding(now: datetime) -> None:
    data = (GOOD + "3,2024-05-03,äöü ").encode() + b"\xff\n"
    intake = read(data, now)
    assert intake.table.get_column("subject").to_list() == ["a", "b", "äöü \ufffd"]
    assert any("1 broken characters" in note for note in intake.notes)


def test_nul_bytes_are_left_out_and_told(now: datetime) -> None:
    intake = read(GOOD.replace(",a\n", ",a\x00a\n"), now)
    assert intake.table.get_column("subject").to_list() == ["aa", "b"]
    assert any("NUL" in note for note in intake.notes)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_line_ends(separator: str, end: str, now: datetime) -> None:
    intake = read(GOOD.replace(",", separator).replace("\n", end), now)
    assert intake.table.get_column("subject").to_list() == ["a", "b"]


def test_the_separator_line_of_excel(now: datetime) -> None:
    assert read("sep=;\r\n" + GOOD.replace(",", ";"), now).table.height == 2


def test_json_in_a_file_called_csv(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(json.dumps([{"id": 1, "created_at": "2024-05-01"}]))
    assert read_tickets(path, now=now).table.height == 1


def test_gzip_parquet_streams_and_frames_give_the_same(tmp_path: Path, now: datetime) -> None:
    expected = read(GOOD, now).table
    frame = pl.read_csv(GOOD.encode(), try_parse_dates=True)
    parquet = tmp_path / "tickets.parquet"
    frame.write_parquet(parquet)
    packed = gzip.compress(GOOD.encode()[:30]) + gzip.compress(GOOD.encode()[30:])
    for source in (
        packed,
        io.BytesIO(GOOD.encode()),
        frame,
        frame.lazy(),
        parquet,
        gzip.compress(parquet.read_bytes()),
    ):
        assert read_tickets(source, now=now).table.equals(expected)


def test_several_files_are_one_table(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(HEADER + "2,2024-05-02,again\n3,2024-05-03,c\n")
    seen: list[tuple[int, int]] = []
    intake = read_tickets(
        [tmp_path / "a.csv", tmp_path / "b.csv"], now=now, progress=lambda done, total: seen.append((done, total))
    )
    assert intake.table.get_column("ticket_id").to_list() == ["1", "2", "3"]
    assert intake.rejected.select("file", "row").rows() == [("b.csv", 1)]
    assert seen == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("empty", [HEADER, HEADER.strip(), "[]", '{"tickets": []}'])
def test_no_rows_is_an_empty_table(empty: str, now: datetime) -> None:
    intake = read(empty, now)
    assert (intake.read, intake.table.height) == (0, 0)
    assert intake.table.columns == list(Tickets.columns())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-9], "cut short"),
        (gzip.compress(GOOD.encode(), mtime=0)[:10] + b"\xff" * 60, "gzip data is damaged"),
        (bytes(range(256)) * 40, "binary data"),
        (b"PK\x03\x04" + b"x" * 99, "Excel workbook"),
        (b"PAR1" + b"x" * 99 + b"PAR1", "Parquet file is damaged"),
        (b"{", "JSON is broken"),
        (b'[{"id": 1}', "JSON is broken"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"name,age\nann,3\n", "no column was recognised as ticket_id"),
        (b"id,name\n1,ann\n", "no column was recognised as created_at"),
        (b"just a line of prose", "no column was recognised"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_what_holds_no_table_is_a_clear_error(data: bytes, message: str, now: datetime) -> None:
    with pytest.raises(InputError, match=message):
        read_tickets(data, now=now)


def test_files_that_cannot_be_opened(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "tickets.csv").write_text(GOOD)
    with pytest.raises(InputError, match="a folder"):
        read_tickets(tmp_path, now=now)
    with pytest.raises(InputError, match=r"no such file.*tickets\.csv"):
        read_tickets(tmp_path / "ticket.csv", now=now)
    with pytest.raises(InputError, match="no such file"):
        read_tickets(tmp_path / "no" / "ticket.csv", now=now)
    with pytest.raises(InputError, match="cannot be read"):
        read_tickets("a\x00b", now=now)
    with pytest.raises(InputError, match="nothing to read"):
        read_tickets([], now=now)
    with pytest.raises(InputError, match="binary mode"):
        read_tickets(io.StringIO(GOOD), now=now)  # ty: ignore[invalid-argument-type]


def test_an_archive_that_unpacks_without_end_is_stopped() -> None:
    with pytest.raises(InputError, match="unpacks to more than 10,000 bytes"):
        opening.open_content(gzip.compress(b"a" * 1_000_000), limit=10_000)


class Endless(io.RawIOBase):
    """A stream that never ends, as a device or a pipe can be."""

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "somebody wants all of it"
        return b"a" * size


def test_whatever_is_larger_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(GOOD)
    size = len(GOOD)
    assert opening.open_content(path, limit=size).data == GOOD.encode()
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(GOOD.encode())))
    for source in (path, GOOD.encode(), io.BytesIO(GOOD.encode()), "-"):
        with pytest.raises(InputError, match=f"larger than {size - 1} bytes"):
            opening.open_content(source, limit=size - 1)
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        opening.open_content(Endless(), limit=1_000_000)  # ty: ignore[invalid-argument-type]


def test_json_at_every_depth_around_the_limit_is_a_table_or_an_error(now: datetime) -> None:
    for depth in (1_000_000, *range(100, 900, 100), *range(930, 1000, 5)):
        for start, end in (("[", "]"), ('{"a":', "}"), ('{"type": "doc", "content": [', "]}")):
            text = f'[{{"id": 1, "created_at": "2024-05-01", "x": {start * depth}1{end * depth}}}]'
            try:
                assert read(text, now).table.height == 1
            except InputError as error:
                assert "nested too deeply" in error.message  # noqa: PT017 - either outcome is right, by the depth
            if depth == 1_000_000:
                break


def test_a_broken_line_of_ndjson_is_a_rejected_row(now: datetime) -> None:
    lines = ['{"id": 1, "created_at": "2024-05-01"}', '{"id": 2, "crea', "[1]", '{"id": 3, "created_at": 1714557600}']
    intake = read("\n".join(lines), now)
    assert intake.table.get_column("ticket_id").to_list() == ["1", "3"]
    assert [row for row, _ in reasons(intake)] == [2, 3]


def test_now_and_time_zones_are_checked(now: datetime) -> None:
    with pytest.raises(InputError, match="time zone"):
        read_tickets(GOOD.encode(), now=now.replace(tzinfo=None))
    with pytest.raises(InputError, match="no such time zone"):
        read_tickets(GOOD.encode(), now=now, timezone="Europe/Atlantis")


def test_other_tables(now: datetime) -> None:
    accounts = read_accounts(
        b"Company ID,Company name,Domain,Plan,ARR,Renewal date,Key account\nA1,Acme,ACME.io,Enterprise,"
        b'"$1,250,000.50",2024-07-01,yes\n,No key,,,,,\n'
    )
    assert accounts.table.select("account_id", "domain", "tier", "contract_value", "strategic").row(0) == (
        *("A1", "acme.io", "enterprise", 1_250_000.5, True),
    )
    assert (accounts.read, accounts.rejected.height) == (2, 1)
    messages = read_messages(b"ticket_id,created_at,role,content\n1,2024-05-01,customer,hi\n1,2024-05-02,wizard,yo\n")
    assert messages.table.get_column("author_kind").to_list() == ["requester", "other"]
    assert messages.table.get_column("message_id").n_unique() == 2
    events = read_events(b"ticket_id,at,kind\n1,2024-05-01,created\n1,2024-05-01,exploded\n")
    assert (events.table.height, events.rejected.row(0)[2:]) == (1, ("kind", "exploded", "this is no kind"))
    assert now.tzinfo is not None
