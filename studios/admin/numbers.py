"""The numbers of studios and achievements, as bars on a page and as a workbook."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from studios import numbers
from studios.presenting import whole_yuan
from unionportal.accounts.models import ReportedFigure
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.files.sending import file_response


def chosen_year(request):
    """Return the year that the filter names, None for all; refuses what is none."""
    text = request.GET.get("year", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) == len("2025")):
        raise BadRequest("年度应为四位数字，请从筛选框中选择。")
    return int(text) if text else None


class NumbersPages:
    """Mixed into the admin class of studios."""

    def get_urls(self):
        guard = self.admin_site.admin_view
        return [
            path("numbers/", guard(self.numbers), name="studios_studio_numbers"),
            path("numbers.xlsx", guard(self.numbers_file), name="studios_studio_numbers_file"),
            *super().get_urls(),
        ]

    def numbers(self, request):
        """Studios by level, system, sector, year; achievements by kind, year, studio with yuan and patents."""
        if not request.user.has_perm("studios.view_studio"):
            raise PermissionDenied
        year, user = chosen_year(request), request.user
        totals = numbers.totals(user, year)
        found = [(title, rows, False) for title, rows in numbers.studio_tables()]
        found += [(title, rows, True) for title, rows in numbers.achievement_tables(user, year)]
        context = {
            **self.admin_site.each_context(request),
            "title": "工作室统计",
            "opts": self.opts,
            "year": year,
            "years": numbers.years(user),
            "totals": totals | {"yuan": whole_yuan(totals["benefit"])},
            "tables": [(t, rows[: numbers.MOST], len(rows) - numbers.MOST, w) for t, rows, w in found],
            "reported": ReportedFigure.objects.filter(topic=ReportedFigure.Topic.STUDIOS),
        }
        return TemplateResponse(request, "admin/studios/studio/numbers.html", context)

    def numbers_file(self, request):
        """The same numbers as a workbook, a sheet a table."""
        if not request.user.has_perm("studios.view_studio"):
            raise PermissionDenied
        year = chosen_year(request)
        today = timezone.localdate()
        caption = [
            f"创新工作室统计（成果：{f'{year} 年' if year else '全部年度'}）",
            f"统计于 {today:%Y-%m-%d}",
        ]
        count = ColumnData("数量", 10, "number")
        more = [ColumnData("经济效益（元）", 18, "number", 2), ColumnData("专利", 10, "number")]
        sheets = [
            SheetData(
                f"按{title}".replace("/", "、"),
                [ColumnData(title, 34), count],
                [[line.name, line.count] for line in rows],
                caption,
            )
            for title, rows in numbers.studio_tables()
        ]
        sheets += [
            SheetData(
                f"按{title}",
                [ColumnData(title, 34), count, *more],
                [[line.name, line.count, line.benefit, line.patents] for line in rows],
                caption,
            )
            for title, rows in numbers.achievement_tables(request.user, year)
        ]
        response = file_response(f"创新工作室统计 {today:%Y-%m-%d}.xlsx")
        write_workbook(response, sheets)
        return response
