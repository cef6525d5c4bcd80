"""The audit trail (审计): who did what to which record, when and from where.

Entries are written in the transaction of the act they tell of, and can only be added: the database refuses the
serving role every update and delete. Kernel level 1: knows nothing but common.
"""
