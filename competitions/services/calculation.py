"""From the records of a stage to its rule, its competitors and its results, in a fixed number of statements."""

from competitions import scoring
from competitions.models import Appearance, Module, ModuleScore, TieBreak
from unionportal.panels.services.marks import counting_sheets
from unionportal.panels.services.seats import substitutions


def stage_modules(stage):
    """Return the modules of a stage with their panels and criteria, in two statements."""
    return list(stage.modules.select_related("panel").prefetch_related("panel__criteria"))


def stage_rule(stage):
    """Return the StageRule of a stage; raises ValueError in Chinese when its settings contradict each other."""
    modules = stage_modules(stage)
    panels = [module.panel for module in modules if module.panel]
    return rule_of(stage, modules, decisions=tuple(_decisions(panels)))


def rule_of(stage, modules, decisions=(), *, ties=None, awards=None):
    """Return the StageRule of a stage whose modules have been read, with decisions to print.

    Tie-breaks and prizes are read in a statement each where the caller has not got them.
    """
    if ties is None:
        ties = stage.ties.select_related("module", "criterion")
    if awards is None:
        awards = stage.award_rules.all()
    return scoring.StageRule(
        modules=tuple(_module_rule(module) for module in modules),
        decimals=stage.decimals,
        round_at=stage.round_at,
        ties=tuple(_tie_key(tie) for tie in ties),
        ranks_shared=stage.ranks_shared,
        pass_line=stage.pass_line,
        advance=stage.advance,
        tied=stage.tied,
        awards=tuple(
            scoring.AwardBand(name=rule.name, count=rule.count, share=rule.share) for rule in awards
        ),
        award_rounding=stage.award_rounding,
        mixed_sheets=frozenset(
            module.pk for module in modules if module.panel and module.panel.mixed_numbers_reason
        ),
        decisions_text=decisions,
    )


def _module_rule(module):
    return scoring.ModuleRule(
        key=module.pk,
        name=module.name,
        source=module.source,
        weight=module.weight,
        panel=module.panel.rule() if module.panel else None,
        judges=module.panel.seats if module.panel else None,
        pass_line=module.pass_line,
    )


def _tie_key(tie):
    names = {TieBreak.Kind.MODULE: tie.module, TieBreak.Kind.CRITERION: tie.criterion and tie.criterion.name}
    return scoring.TieKey(
        kind=tie.kind, module=tie.module_id, criterion=tie.criterion_id, name=str(names.get(tie.kind, "用时"))
    )


def _decisions(panels):
    for panel in panels:
        if panel.mixed_numbers_reason:
            yield f"经裁判长与监督员裁定，评分裁判人数不一的成绩有效：{panel.mixed_numbers_reason}"
        for seat in panel.assignments.exclude(set_aside_at=None):
            yield f"经裁判长与监督员裁定，{seat.label}的评分全部不计：{seat.set_aside_reason}"
        for left, substitute in substitutions(panel=panel):
            yield f"{left.label}中途退出，未评部分由{substitute.label}补评：{left.reason}"


def competitors(stage):
    """Return the stage's Competitors for scoring, one per appearance, keyed by its primary key."""
    appearances = list(
        Appearance.objects.filter(stage=stage).select_related("entry__person").order_by("entry__number")
    )
    panels = [module.panel_id for module in stage.modules.all() if module.source == Module.Source.PANEL]
    sheets = counting_sheets(panels=panels)
    exam, marked, seconds = {}, {}, {}
    scores = ModuleScore.objects.filter(attempt__appearance__stage=stage, attempt__is_counted=True)
    for score in scores.select_related("attempt"):
        key = score.attempt.appearance_id
        if score.candidate_id is None:
            exam.setdefault(key, {})[score.module_id] = score.exam_score
        else:
            marked.setdefault(key, {})[score.module_id] = sheets.get(score.candidate_id, ())
    for key, value in stage.appearances.filter(attempts__is_counted=True).values_list(
        "pk", "attempts__seconds"
    ):
        seconds[key] = value
    return [
        scoring.Competitor(
            key=appearance.pk,
            label=appearance.entry.label,
            status=appearance.status,
            is_guest=appearance.entry.is_guest,
            exam=exam.get(appearance.pk, {}),
            sheets=marked.get(appearance.pk, {}),
            seconds=seconds.get(appearance.pk),
            decided_place=appearance.decided_place,
            listing=(len(appearance.entry.number), appearance.entry.number),
        )
        for appearance in appearances
    ]


def calculate_stage(stage):
    """Return (StageRule, StageResult) of a stage as its marks stand now."""
    rule = stage_rule(stage)
    return rule, scoring.calculate(rule, competitors(stage))
