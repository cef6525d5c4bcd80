"""Builders of stages and people for the tests of the calculation."""

from decimal import Decimal

from hypothesis import settings

from competitions.scoring import AwardBand, Competitor, ModuleRule, StageRule, TieKey, calculate
from unionportal.panels.scoring import CriterionRule, MarkedSheet, PanelRule

D = Decimal
quick = settings(deadline=None, max_examples=60)
PRACTICAL, THEORY, TIME = TieKey("module", "practical"), TieKey("module", "theory"), TieKey("time")
PRIZES = tuple(AwardBand(name, count) for name, count in (("一等奖", 1), ("二等奖", 2), ("三等奖", 3)))


def shares(*percents):
    return tuple(
        AwardBand(f"{number}等奖", share=D(percent)) for number, percent in enumerate(percents, start=1)
    )


def stage(
    theory=30,
    *,
    judges=1,
    maximum=100,
    step="0.01",
    panel=None,
    theory_pass=None,
    practical_pass=None,
    **more,
):
    """Return a theory and practical stage; one judge with a step of 0.01 makes any practical score possible."""
    rubric = panel or PanelRule((CriterionRule("all", "总评", D(maximum), step=D(step)),), judges)
    modules = (
        ModuleRule("theory", "理论考试", "exam", D(theory), pass_line=theory_pass),
        ModuleRule("practical", "实操比赛", "panel", 100 - D(theory), rubric, judges, practical_pass),
    )
    return StageRule(modules, **more)


def exam_only(**more):
    return StageRule((ModuleRule("theory", "理论考试", "exam", D(100)),), **more)


def sheets(*totals):
    return tuple(
        MarkedSheet(seat, f"裁判{seat}", {"all": D(str(mark))}) for seat, mark in enumerate(totals, start=1)
    )


def person(label, theory=None, *practical, seconds=None, **more):
    return Competitor(
        key=label,
        label=label,
        exam={} if theory is None else {"theory": D(str(theory))},
        sheets={"practical": sheets(*practical)} if practical else {},
        seconds=seconds,
        **more,
    )


def field_of(*scores):
    """Return exam-only competitors 01, 02, … with these scores."""
    return [person(f"{number:02}", score) for number, score in enumerate(scores, start=1)]


def by_label(result, name):
    return {line.label: getattr(line, name) for line in result.lines}


def awards_of(rule, people):
    return [line.award for line in calculate(rule, people).lines]


def kinds(result):
    return [(blocker.kind, blocker.module, blocker.competitors) for blocker in result.blockers]
