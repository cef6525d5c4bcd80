"""Panels (评审组): whoever marks candidates against a rubric, in competitions, selections and studio campaigns.

Panel 评审组, Criterion 评分项, Candidate 评审对象, Assignment 裁判席位, Recusal 回避, Sheet 评分表, Mark 得分,
Deduction 扣分. Kernel level 4: an app has a Panel for what it wants marked, and a Candidate for each thing marked;
panels knows none of the apps.
"""
