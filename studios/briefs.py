"""What experts read of an application, under headings; a line in 【】 is a heading."""

from studios.conditions import checks_of


def brief_of(application):
    """Return the material of an application for its panel."""
    facts = [
        f"类别：{application.get_kind_display()}",
        f"单位：{application.host_unit or application.body}",
        f"负责人：{application.leader.name if application.leader else '（未填）'} {application.leader_post}".strip(),
        f"创新领域：{application.field}" if application.field else "",
        f"团队：{len(application.team_lines) + 1} 人",
    ]
    answers = {item.condition: item for item in application.answers.all()}
    conditions = [
        f"{check.label}（{check.asked}）：{_told(answers.get(check.condition), check.unit)}"
        for check in checks_of(application)
    ]
    parts = [("基本情况", "\n".join(line for line in facts if line)), ("条件自查", "\n".join(conditions))]
    parts += [("工作室简介", application.story), ("目标与任务", application.goals)]
    parts.append(("场地与设备", application.equipment))
    return "\n".join(f"【{heading}】\n{text}" for heading, text in parts if text)


def _told(answer, unit):
    if answer is None:
        return "未填写"
    number = f"{answer.number} {unit}，" if answer.number is not None and unit else ""
    return f"{number}{answer.text}" if answer.text else number.rstrip("，") or "未填写"
