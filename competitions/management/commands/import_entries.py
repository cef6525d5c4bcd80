import json

from competitions.management.competition_command import CompetitionCommand, problem_line
from competitions.services.roster import import_roster


class Command(CompetitionCommand):
    help = "导入报名名册：好的行一次写入，有问题的行逐条列出。"
    permission = "competitions.add_entry"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--dry-run", action="store_true", help="只看结果，不写入")
        parser.add_argument("--json", action="store_true", help="以 JSON 打印结果")

    def act(self, actor, *, slug, file, dry_run, **options):
        competition = self.find_competition(slug)
        report = import_roster(
            competition=competition,
            workbook=self.read_workbook(file),
            actor=actor,
            dry_run=dry_run,
            source=str(file),
        )
        if options["json"]:
            body = {
                "accepted": report.accepted,
                "unchanged": report.unchanged,
                "new_units": report.new_units,
                "refused": [problem.as_dict() for problem in report.refused],
            }
            return json.dumps(body, ensure_ascii=False, indent=1)
        return "\n".join(self.describe(report, dry_run))

    @staticmethod
    def describe(report, dry_run):
        """Yield the report line by line."""
        verb = "将接收" if dry_run else "已接收"
        yield f"{verb} {report.accepted} 人（其中更新 {report.updated} 人），与已有记录相同 {report.unchanged} 人，拒收 {len(report.refused)} 行。"
        if report.teams:
            yield f"其中团体 {len(report.teams)} 队：{'、'.join(team for _, team, *_ in report.teams)}"
        if not report.accepted:
            yield "没有需要写入的内容，数据未作改动。"
        elif dry_run:
            yield "这是预演，没有写入任何内容。"
        if report.new_units:
            yield f"新单位 {len(report.new_units)} 家：{'、'.join(report.new_units)}"
        for problem in report.refused:
            yield problem_line(problem)
