"""The page of what was done, and its export."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from django.shortcuts import render

from tidegate.server.activity import lines as found
from tidegate.server.people import audit, selectors
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

COLUMNS: Final = (
    "at",
    "who",
    "act",
    "object_kind",
    "object_id",
    "before",
    "after",
    "address",
    "request_id",
)
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")


@needs("lead", "GET")
def activity(request: HttpRequest) -> HttpResponse:
    """Show a page of what was done."""
    wanted = found.Wanted.of(request.GET.dict())
    cursor = found.Cursor.of(request.GET.get("from", ""))
    lines, after = found.activity_page(person=person_of(request), wanted=wanted, cursor=cursor)
    context = {
        "page_name": "activity",
        "lines": lines,
        "names": selectors.names_of([line.object_id for line in lines if line.object_kind == "person"]),
        "wanted": wanted,
        "kinds": found.KINDS,
        "older": urlencode({**wanted.query(), "from": str(after)}) if after else "",
        "newest": urlencode(wanted.query()),
        "on_first": cursor == found.Cursor(),
    }
    return render(request, "activity/activity.html", context)


@needs("lead", "GET")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send all lines as CSV, a batch at a time; that they were taken is a line as well."""
    person, wanted = person_of(request), found.Wanted.of(request.GET.dict())
    audit.record(
        actor=person, act="activity.export", object_kind="activity", object_id="csv", after=wanted.query() or None
    )
    answer = StreamingHttpResponse(_csv(found.activity_all(person=person, wanted=wanted)), content_type="text/csv")
    answer["Content-Disposition"] = 'attachment; filename="tidegate-activity.csv"'
    return answer


class _Line:
    """Hands back what the writer of CSV writes."""

    def write(self, text: str) -> str:
        return text


def _csv(lines: Iterator[found.Line]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for line in lines:
        yield writer.writerow([_cell(getattr(line, column)) for column in COLUMNS])


def _cell(value: Any) -> str:  # noqa: ANN401 - any of a line's
    """Write a value; a text that a spreadsheet would run has an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if _FORMULA.match(text) else text
