"""What a competition still lacks, what it and its stages may do next, and why something may not."""

from competitions.models import Competition, Module, Organiser, Stage
from competitions.services import public_notices, results
from competitions.services.stages import BEFORE_SCORING, entries_to_enter
from unionportal.audit.admin_steps import Step

Status = Competition.Status
REOPENS = "确需更正的，退回时写明理由；理由会印在新的成绩册上。"


def missing(competition):
    """Return what keeps a competition from being announced, as Chinese sentences; empty when nothing does."""
    events = list(competition.events.prefetch_related("stages__modules__panel__criteria"))
    if not any(event.stages.all() for event in events):
        return [f"“{competition}”还没有赛项和轮次，录入后再公告。"]
    lines = []
    if not competition.organisers.filter(role=Organiser.Role.HOST).exists():
        lines.append("还没有主办单位。")
    for event in events:
        if not event.stages.all():
            lines.append(f"赛项“{event}”还没有轮次。")
        for stage in event.stages.all():
            lines += missing_in_stage(stage)
    return lines


def missing_in_stage(stage):
    """Return what the set-up of a stage lacks before anybody can be scored by it."""
    modules = list(stage.modules.all())
    if not modules:
        return [f"“{stage}”还没有模块。"]
    total = sum(module.weight for module in modules)
    lines = [] if total == 100 else [f"“{stage}”各模块权重合计 {total.normalize():f}%，应恰为 100%。"]
    return lines + [
        f"“{stage}”的“{module}”还没有评分项，请录入或用 Excel 导入评分标准。"
        for module in modules
        if module.source == Module.Source.PANEL and not module.panel.criteria.all()
    ]


def advice(competition):
    """Return what the public would miss; it does not keep anything from happening."""
    wanted = (
        ("报名开始", competition.entry_opens_on),
        ("报名截止", competition.entry_closes_on),
        ("决赛日期", competition.final_on),
        ("地点", competition.venue),
        ("咨询电话", competition.contact),
        ("简介", competition.introduction),
        ("通知或实施方案", competition.documents.exists()),
    )
    return [name for name, value in wanted if not value]


def competition_steps(competition, running):
    """Return the Steps of a competition; `running` are the stages that are neither before scoring nor published."""
    if competition.status == Status.DRAFT:
        return [Step("announced", "公告竞赛", missing(competition), is_main=True, hint="公告后对公众可见。")]
    if competition.status == Status.ANNOUNCED:
        unfinished = [f"“{stage}”{stage.get_status_display()}，公布成绩后再结束竞赛。" for stage in running]
        return [
            Step("closed", "结束竞赛", unfinished, hint=_left_open(competition)),
            Step("cancelled", "取消竞赛", reason="取消的原因（会对外公布）"),
        ]
    return [Step("announced", "重新打开")] if competition.status == Status.CLOSED else []


def _left_open(competition):
    waiting = competition.events.filter(stages__status__in=BEFORE_SCORING).count()
    text = "结束后不再接受报名；可以重新打开。"
    return f"还有 {waiting} 个轮次没有举行。{text}" if waiting else text


LABELS = {
    Stage.Status.PREPARING: "退回准备",
    Stage.Status.CHECK_IN: "开始检录",
    Stage.Status.DRAWN: "抽签已完成",
    Stage.Status.SCORING: "开始评分",
    Stage.Status.PAUSED: "暂停评分",
    Stage.Status.CHECKING: "转入统分复核",
    Stage.Status.HALL: "登记现场宣布",
    Stage.Status.NOTICE: "转入公示",
}


# Where a stage goes by hand when all goes well.
FORWARD = {
    Stage.Status.PREPARING: Stage.Status.CHECK_IN,
    Stage.Status.CHECK_IN: Stage.Status.SCORING,
    Stage.Status.DRAWN: Stage.Status.SCORING,
    Stage.Status.PAUSED: Stage.Status.SCORING,
}


def stage_steps(stage, moves, user):
    """Return the Steps of a stage: its moves by hand, then sealing, publishing, reopening."""
    notice = stage_notice(stage)
    if stage.status == Stage.Status.NOTICE and notice and not notice.withdrawn_at:
        moves = set()
    steps = [*_entering(stage), *(_move(stage, to) for to in Stage.Status if to in moves)]
    if stage.status in results.SEALABLE:
        steps.append(_guarded(user, "seal", "锁定成绩", results.blockers(stage), is_main=True))
    if stage.status in results.PUBLISHABLE:
        hint = "发布后不能改动；更正须另出新版并写明理由。"
        steps.append(_guarded(user, "publish", "发布成绩", _unpublishable(stage), is_main=True, hint=hint))
    if stage.status in results.SEALED_OR_LATER:
        steps.append(_guarded(user, "reopen", "退回更正", [], reason="退回的理由", hint=REOPENS))
    return steps


def _entering(stage):
    waiting = entries_to_enter(stage).count() if stage.status in BEFORE_SCORING else 0
    if not waiting:
        return []
    hint = "编入后逐个登记顺序、赛位；不参加本轮次的，在“出场”中删去。"
    return [Step("enter", f"编入 {waiting} 个已通过的报名", hint=hint)]


def next_step(stage, user):
    """Return the Step of a stage that is next on its way to the public, None where its own page has the choice."""
    if stage.status in results.SEALABLE:
        return _guarded(user, "seal", "锁定成绩", results.blockers(stage), is_main=True)
    if stage.status in results.PUBLISHABLE:
        return _guarded(user, "publish", "发布成绩", _unpublishable(stage), is_main=True)
    return None


def way_on(stage):
    """Return what comes next by hand, in words; 打开 where the stage's own page has the choice."""
    to = FORWARD.get(stage.status)
    return LABELS[to] if to else "打开"


def _move(stage, to):
    resumes = stage.status in (Stage.Status.PAUSED, Stage.Status.CHECKING)
    label = "恢复评分" if to == Stage.Status.SCORING and resumes else LABELS[to]
    lacking = []
    if to == Stage.Status.SCORING:
        lacking = missing_in_stage(stage)
        if not stage.appearances.exists():
            lacking.append(f"“{stage}”还没有出场选手，请先编入已通过的报名，或上传成绩表带入。")
    return Step(to.value, label, lacking, is_main=to == FORWARD.get(stage.status))


def stage_notice(stage):
    """Return the public notice of the stage's sealed, unpublished results; None if there is none."""
    sheet = stage.result_sheets.filter(published_at=None).first()
    return sheet and public_notices.notice_of(sheet)


def _unpublishable(stage):
    competition = stage.event.competition
    sheet = stage.result_sheets.filter(published_at=None).first()
    if sheet and (found := public_notices.obstacles(sheet)):
        return found
    if competition.status == Status.DRAFT:
        return [f"“{competition}”还是草稿，请先公告竞赛。"]
    return [f"“{competition}”已取消。"] if competition.status == Status.CANCELLED else []


def _guarded(user, act, label, why_not, **more):
    permission = {"seal": "seal_stage", "publish": "publish_results", "reopen": "reopen_stage"}[act]
    if not user.has_perm(f"competitions.{permission}"):
        why_not = ["您的角色没有这项权限。"]
    return Step(act, label, why_not, **more)
