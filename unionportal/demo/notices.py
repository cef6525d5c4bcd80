"""A public notice for the demo: running, so that somebody may look at its clock and object to it."""

from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle

SOURCE = "demo.notice:1"
PEOPLE = (
    ("王东峰", "北京密云水务有限公司", "管道工"),
    ("马飚", "北京密云供电公司", "电力电缆安装运维工"),
    ("欧阳丽华", "北京密云区医院", "护理员"),
    ("丁学东", "北京云湖文旅发展有限公司", "西式面点师"),
    ("石㛃", "北京密云绿化服务中心", "盆景工"),
    ("王小洪", "北京华智装备制造有限公司", "数控车工"),
)
BODY = """根据《“密云工匠”评选管理办法》，经单位推荐、资格审查、专家评审和审定会议研究，拟命名下列同志为 2026 年“密云工匠”，现予公示。

公示期间，对拟命名人选有异议的，可以按下列方式反映。"""


def load_notice(*, actor):
    """Publish the demo's notice, once, and return it."""
    notice = PublicNotice.objects.filter(source_key=SOURCE).first()
    if notice:
        return notice
    draft = lifecycle.draft_notice(
        actor=actor,
        line=PublicNotice.Line.CRAFTSMEN,
        title="2026 年“密云工匠”拟命名人选公示",
        basis="《“密云工匠”评选管理办法》及 2026 年第 3 次审定会议",
        body=BODY,
        lines=[lifecycle.Line(name, unit, occupation, "密云工匠") for name, unit, occupation in PEOPLE],
        source_key=SOURCE,
        contact_name="密云区总工会经济工作部",
        contact_phone="010-6904 0000",
        contact_address="北京市密云区鼓楼街道（来信请注明“工匠公示”）",
        contact_email="gongjiang@example.cn",
    )
    return lifecycle.start_notice(notice=draft, actor=actor)
