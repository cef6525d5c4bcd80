from pathlib import Path

import yaml
from django.core.exceptions import ValidationError

from competitions.management.competition_command import PermittedCommand
from competitions.models import Competition
from competitions.services.setup import create_competition

MAX_BYTES = 1024 * 1024


class Command(PermittedCommand):
    help = "按 YAML 文件建立一届竞赛，打印它的网址用名（SLUG）。"
    permission = "competitions.add_competition"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE.yaml")
        parser.add_argument("--draft", action="store_true", help="只建草稿，不对外公告")

    def act(self, actor, *, file, draft, **options):
        with Path(file).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValidationError("文件超过 1 MB，不像是竞赛设置，请检查。")
        try:
            description = yaml.safe_load(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ValidationError("文件不是 UTF-8 编码，请另存为 UTF-8 后再试。") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else "文件"
            raise ValidationError(f"{place}的 YAML 写法有误，请检查缩进和冒号。") from error
        competition = create_competition(description=description, actor=actor, announce=not draft)
        if Competition.objects.filter(title=competition.title).count() > 1:
            self.stderr.write(f"提示：已有同名竞赛，本次另建为 {competition.slug}。")
        return competition.slug
