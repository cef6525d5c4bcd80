from competitions.management.competition_command import StageCommand
from competitions.services.panel_marks import import_panel_marks


class Command(StageCommand):
    help = "导入裁判纸质评分表（每个工作表一个赛项，每行一名裁判）；整份写入或整份不写。"
    permission = "competitions.change_modulescore"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE.xlsx")

    def act(self, actor, *, slug, file, stage, **options):
        report = import_panel_marks(
            competition=self.find_competition(slug),
            stage_name=stage,
            workbook=self.read_workbook(file),
            actor=actor,
            source=str(file),
        )
        return (
            f"写入评分表 {report.written} 份，与已有相同 {report.unchanged} 份，"
            f"登记或改动用时 {report.timed} 人，新登记缺赛 {report.absent} 人。"
        )
