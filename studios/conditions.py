"""The conditions of a campaign as a check-list: what an application answers, against the thresholds of its campaign."""

from dataclasses import dataclass

from studios.models import ConditionAnswer

Condition = ConditionAnswer.Condition
# condition → (threshold of the campaign, unit of its number, what the answer should tell)
ASKED = {
    Condition.HONOUR: ("needs_honour", "", "负责人的荣誉称号、技能等级或职称，附证书"),
    Condition.TEAM: ("least_team", "人", "团队人数（含负责人）和专业结构"),
    Condition.PLACE: ("least_area", "平方米", "场地面积和布局，附照片"),
    Condition.PLAN: ("needs_plan", "", "工作规划和管理制度，附文件"),
    Condition.PROJECTS: ("least_projects", "项", "近两年攻关课题"),
    Condition.RESULTS: ("least_results", "项", "近两年创新成果，附证明"),
    Condition.FUNDS: ("least_funds", "元", "每年的经费保障，附预算或承诺"),
}
PROVED_BY_PAPER = (Condition.HONOUR, Condition.PLAN, Condition.RESULTS, Condition.FUNDS)


@dataclass(frozen=True)
class Check:
    """One line of the check-list: what is asked, and whether the application answers it."""

    condition: str
    label: str
    asked: str
    unit: str
    hint: str
    state: str
    note: str = ""

    @property
    def word(self):
        return {"pass": "符合", "blank": "待填写", "missing": "未达到", "paper": "须附证明"}[self.state]


def asked_of(campaign):
    """Return [(condition, threshold, unit, hint)] of what a campaign asks for."""
    found = []
    for condition, (name, unit, hint) in ASKED.items():
        if threshold := getattr(campaign, name):
            found.append((condition, threshold, unit, hint))
    return found


def checks(campaign, answers, proved):
    """Return the Checks of an application: `answers` {condition: (number, text)}, `proved` conditions with a paper."""
    return [
        _check(condition, threshold, unit, hint, answers.get(condition, (None, "")), condition in proved)
        for condition, threshold, unit, hint in asked_of(campaign)
    ]


def _check(condition, threshold, unit, hint, answer, is_proved):
    number, text = answer
    asked = f"不少于 {threshold} {unit}" if unit else "须具备"
    state, note = "pass", ""
    if unit and number is None:
        state, note = "blank", f"请填写数量（{unit}）。"
    elif unit and number < threshold:
        state, note = "missing", f"现为 {number} {unit}。"
    elif not text.strip():
        state, note = "blank", "请填写说明。"
    elif condition in PROVED_BY_PAPER and not is_proved:
        state, note = "paper", "请在“材料”中附上证明。"
    return Check(condition, Condition(condition).label, asked, unit, hint, state, note)


def checks_of(application):
    """Return the Checks of an application, in two statements."""
    answers = {item.condition: (item.number, item.text) for item in application.answers.all()}
    proved = {paper.condition for paper in application.files.all() if paper.condition}
    return checks(application.campaign, answers, proved)
