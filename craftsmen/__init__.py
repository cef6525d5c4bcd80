"""Craftsmen (工匠选树): the yearly selection, honours, and the public gallery.

HonourTitle 称号, Selection 评选活动, Offer 评选称号及名额, Allocation 推荐名额, EligibilityRule 申报条件, SlateRule 名单结构要求,
Nomination 申报/推荐, Consultation 征求意见函, FieldVisit 实地考察, SlateLine 拟定名单, Meeting 审定会议, Conferral 授予决定,
Honour 荣誉, HonourReview 荣誉复核, Profile 工匠主页, Recommendation 上级推荐. Each offer has a Panel of the kernel and each
nomination that experts mark has a Candidate; notices and certificates are the kernel's too.
"""
