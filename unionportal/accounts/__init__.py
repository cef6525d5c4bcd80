"""Accounts (账号): who signs in, receipts for what was done once, and the settings of the site.

User 账号, Receipt 回执, SiteSettings 站点设置. Kernel level 2: audit and common only.
"""
