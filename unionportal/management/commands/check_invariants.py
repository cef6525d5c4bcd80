from django.core.management.base import BaseCommand, CommandError

from academies.services.seats import miscounted_runs
from competitions.models import ResultSheet
from competitions.services import results
from unionportal.certificates.models import CertificateSeries


class Command(BaseCommand):
    help = "核对数据：成绩册的 SHA-256 与逐行内容是否仍与锁定时一致，证书编号是否连续，班次的已占名额是否与报名相符。"

    def handle(self, *args, **options):
        broken, count = [], 0
        for sheet in ResultSheet.objects.select_related("stage__event__competition").iterator():
            count += 1
            if results.digest(sheet.content) != sheet.sha256:
                broken.append(f"{sheet}（编号 {sheet.pk}）：正文与 SHA-256 不符。")
            elif results.canonical(sheet, list(sheet.rows.all())) != sheet.content:
                broken.append(f"{sheet}（编号 {sheet.pk}）：逐行成绩与正文不符。")
        series = CertificateSeries.objects.with_gaps()
        broken += [
            f"证书序列 {item}：应有 {item.next_number - 1} 张，实有 {item.kept} 张。" for item in series
        ]
        broken += [f"班次 {run}：记 {run.taken} 个名额，实有 {run.seated} 人。" for run in miscounted_runs()]
        if broken:
            raise CommandError("\n".join(broken))
        self.stdout.write(f"已核对成绩册 {count} 份，全部一致；证书编号连续；班次名额相符。")
