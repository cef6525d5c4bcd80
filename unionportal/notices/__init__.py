"""公示: public notices with a working-day clock, their lists, and the objections raised to them.

PublicNotice 公示, NoticeLine 公示名单中的一行, NoticeStop 中止, Objection 异议, Holiday 节假日与调休.
Every line of work drafts its notices through services.draft_notice and reads the outcome from the lines.
"""
