from competitions.management.competition_command import StageCommand
from competitions.services.exam_marks import import_exam_marks


class Command(StageCommand):
    help = "导入考试成绩（“理论成绩”列即该轮次的考试模块）；整份写入或整份不写。"
    permission = "competitions.change_modulescore"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--enter", action="store_true", help="让表中各人进入这一轮")

    def act(self, actor, *, slug, file, stage, enter, **options):
        report = import_exam_marks(
            competition=self.find_competition(slug),
            stage_name=stage,
            workbook=self.read_workbook(file),
            actor=actor,
            enter=enter,
            source=str(file),
        )
        return (
            f"进入“{stage}” {report.entered} 人，写入成绩 {report.written} 项，"
            f"与已有相同 {report.unchanged} 项，新登记缺考 {report.absent} 人。"
        )
