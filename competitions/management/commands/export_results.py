import json
from pathlib import Path

from django.core.management.base import CommandError

from competitions.management.competition_command import StageCommand
from competitions.services import export


class Command(StageCommand):
    help = "导出一个轮次的成绩：--json 打印，或写成 Excel 成绩册。"
    permission = "competitions.view_resultsheet"

    def create_parser(self, *args, **kwargs):
        # Plain parsing takes FILE for missing as soon as it has read SLUG, and then refuses it after --stage.
        parser = super().create_parser(*args, **kwargs)
        parser.parse_args = parser.parse_intermixed_args
        return parser

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE.xlsx", nargs="?")
        parser.add_argument("--json", action="store_true", help="打印 JSON")

    def act(self, actor, *, slug, stage, file, **options):
        competition = self.find_competition(slug)
        sheets = export.latest_sheets(competition=competition, stage_name=stage)
        if not sheets:
            raise CommandError(f"“{stage}”还没有锁定的成绩。请先 seal_stage。")
        if options["json"]:
            return json.dumps(export.as_mapping(sheets), ensure_ascii=False, indent=1)
        if not file:
            raise CommandError("请给出要写的文件名（FILE.xlsx），或用 --json。")
        export.write_result_book(Path(file), sheets)
        return f"已写入 {file}"
