"""Pages over all runs: the timetable with its clashes, and the numbers."""

from datetime import date, timedelta

from django.core.exceptions import BadRequest
from django.utils import timezone

from academies import numbers, timetable
from academies.admin.pages import Pages, require
from academies.models import Academy
from academies.services.exports import write_numbers
from unionportal.files.sending import file_response

SHOWN = 15


def chosen_academy(request):
    """Return the academy that a page's filter names, None for all; refuses what is none."""
    key = request.GET.get("academy", "")
    if not key:
        return None
    found = Academy.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 10 else None
    if found is None:
        raise BadRequest("没有这所学院，请从筛选框中选择。")
    return found


class OverviewPages(Pages):
    """Mixed into the admin class of runs."""

    further = {
        "timetable/": "timetable",
        "numbers/": "numbers",
        "numbers.xlsx": "numbers_file",
    }

    def timetable(self, request):
        """Four weeks of lessons, day by day; what clashes says with what."""
        require(request, "view_courserun")
        try:
            first = date.fromisoformat(request.GET.get("from") or timezone.localdate().isoformat())
            start = timetable.monday(first)
            earlier, later = (start + timedelta(weeks=n * timetable.WEEKS) for n in (-1, 1))
        except (ValueError, OverflowError) as error:
            raise BadRequest("日期无效，请按 2026-05-23 的样子填写。") from error
        academy = chosen_academy(request)
        found = timetable.slots(*timetable.window(start), academy=academy.pk if academy else None)
        return self.page(
            request,
            "courserun/timetable",
            "课表",
            days=timetable.by_day(found),
            clashing=sum(bool(slot.clashes) for slot in found),
            start=start,
            end=later - timedelta(days=1),
            earlier=earlier,
            later=later,
            academy=academy,
            academies=Academy.objects.all(),
        )

    def _scope(self, request):
        require(request, "view_courserun")
        year = request.GET.get("year", "")
        if year and not (year.isdecimal() and len(year) == 4):
            raise BadRequest("年份无效，请从筛选框中选择。")
        return {"year": int(year) if year else None, "academy": chosen_academy(request)}

    def numbers(self, request):
        """How many were trained, by year, academy, sector, course and unit."""
        scope = self._scope(request)
        rows = numbers.completed(**scope)
        tables = [
            (title, numbers.table(rows, dimension)) for dimension, (title, _) in numbers.DIMENSIONS.items()
        ]
        return self.page(
            request,
            "courserun/numbers",
            "培训统计",
            totals=numbers.totals(rows),
            tables=[(title, lines[:SHOWN], len(lines) - SHOWN) for title, lines in tables],
            reported=numbers.reported(**scope),
            years=numbers.years(),
            academies=Academy.objects.all(),
            query=request.GET.urlencode(),
            **scope,
        )

    def numbers_file(self, request):
        """The same as a workbook, every line of it."""
        scope = self._scope(request)
        response = file_response(f"工匠学院培训统计{timezone.localdate():%Y%m%d}.xlsx")
        write_numbers(response, **scope)
        return response
