"""Skill competitions (技能竞赛): from the announcement to published results.

Competition 竞赛/届次, Organiser 主办承办协办, Event 赛项, Stage 轮次, Module 模块, Entry 参赛, Appearance 出场,
Attempt 场次/重赛, ModuleScore 模块成绩, AwardRule 奖项, ResultSheet 成绩册. Modules marked by judges have a Panel of the
kernel; scoring.py goes on from module scores to totals, ranks and awards.
"""
