"""People (职工): persons, the units they work for, sectors, and each person's growth record.

Person 职工, Unit 用人单位, FormerName 曾用名, Sector 产业/行业, Milestone 成长档案. Kernel level 3: uses files.
A worker, contestant, trainee, craftsman and studio leader is always the same Person row.
"""
