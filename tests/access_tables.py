"""Who may open which route: the tables that tests/test_access.py holds every route and role against."""

from unionportal import roles

PUBLIC = {
    "home",
    "health",
    "news:article_list",
    "news:article_detail",
    "competitions:competition_list",
    "competitions:competition_detail",
    "competitions:result_list",
    "competitions:result_detail",
    "competitions:result_version",
    "competitions:result_book",
    "notices:notice_list",
    "notices:notice_detail",
    "notices:objection_new",
    "notices:objection_received",
    "craftsmen:gallery",
    "craftsmen:profile_detail",
    "craftsmen:profile_photo",
    "craftsmen:profile_poster",
    "craftsmen:selection_list",
    "craftsmen:selection_detail",
    "studios:studio_list",
    "studios:studio_detail",
    "studios:achievement_list",
    "studios:achievement_detail",
    "studios:help_ask",
    "studios:help_state",
    "files:file_detail",
    "accounts:login",
    "accounts:phone",
    "accounts:phone_code",
    "people:sign_up",
    "people:unit_choices",
    "account_bar",
    "panels:worker",
    "certificates:check",
    "certificates:check_detail",
    "contact",
    "site_map",
    "privacy",
    "accessibility",
    "robots",
    "sitemap",
    "news:feed",
    "news:column_feed",
}
SIGNED_IN = {
    "start",
    "account_home",
    "account_moved",
    "my_record",
    "accounts:logout",
    "accounts:password_change",
    "accounts:password_change_done",
}
# The desk: open to whoever has signed in, where lists are empty for whoever has no seat …
SIGNED_IN |= {"panels:panel_list", "boards:board_list"}
# … and a panel or sheet is there for the judge whose seat it is, and for nobody else (tests/panels/test_desk.py).
OWN_ONLY = {"panels:sheet_list", "panels:sheet_edit", "panels:sheet_save", "panels:sheet_recuse"}
OWN_ONLY |= {"panels:candidate_file"}
# A certificate itself is there for its holder (tests/certificates/test_pages.py), and for the staff of its line.
CERTIFICATE_FILES = {"certificates:certificate_picture", "certificates:certificate_file"}
# Nominations: lists that are empty for whoever has none; what is one's own: tests/craftsmen/test_nomination_pages.py.
SIGNED_IN |= {"nominations:nomination_list", "nominations:nomination_start"}
OWN_ONLY |= {
    f"nominations:{name}"
    for name in (
        "branch_desk",
        "branch_act",
        "branch_summary",
        "nomination_act",
        "nomination_edit",
        "nomination_save",
        "nomination_photo",
        "nomination_attach",
        "nomination_file_remove",
    )
}
# Applications of studios, the same (tests/studios/test_application_pages.py).
SIGNED_IN |= {"applications:application_list", "applications:application_start"}
OWN_ONLY |= {
    f"applications:application_{name}" for name in ("edit", "save", "attach", "file_remove", "withdraw")
}
# What those who keep a studio write (tests/studios/test_own_pages.py).
SIGNED_IN |= {"mystudios:studio_list"}
OWN_ONLY |= {
    f"mystudios:{name}"
    for name in (
        *("studio_detail", "achievement_new", "achievement_detail", "achievement_edit"),
        *("evidence_attach", "evidence_remove", "evidence_file"),
        *("review_detail", "review_edit", "review_refill"),
    )
}
# One's own messages (tests/inbox/test_pages.py).
SIGNED_IN |= {"inbox:message_list", "inbox:message_read_all", "people:claim"}
OWN_ONLY |= {"inbox:message_read"}
# The academies in public, and what is one's own of them: tests/academies/test_enrolling.py, test_group_enrolling.py.
PUBLIC |= {
    f"academies:{name}"
    for name in (
        *("academy_list", "academy_detail", "course_list", "course_detail", "run_detail", "run_calendar"),
        "run_mine",
    )
}
SIGNED_IN |= {"academies:enrolment_list", "academies:union_list", "academies:run_enrol"}
OWN_ONLY |= {
    f"academies:{name}" for name in ("run_enrol_people", "run_group", "enrolment_detail", "enrolment_act")
}
# What one learns, and what a phone opens by scanning: one's own only (tests/academies/test_learning.py and others).
PUBLIC |= {"academies:scan", "academies:attendance_worker"}
SIGNED_IN |= {"academies:learning_list", "academies:lesson_list", "academies:sign"}
OWN_ONLY |= {
    f"academies:{name}"
    for name in (
        *("learning_run", "pass_detail", "pass_picture", "feedback_new", "material_file"),
        *("lesson_detail", "lesson_progress", "make_up_new", "exam_detail", "attempt", "attempt_answers"),
        "signed",
    )
}
# Attendance, by the permission of staff; the teachers' own way in: tests/academies/test_attendance_pages.py.
ATTENDANCE = {
    f"academies:{name}": "academies.change_attendance"
    for name in (
        *("lesson_sheet", "lesson_save", "lesson_state", "lesson_act"),
        *("lesson_screen", "lesson_code", "make_up_decide"),
    )
}
# Classes that units ask for: one's own only (tests/academies/test_class_requests.py).
SIGNED_IN |= {"academies:request_list"}
OWN_ONLY |= {"academies:request_new", "academies:request_detail"}
# Staff read what was handed in.
NOMINATIONS = {
    f"nominations:{name}": "craftsmen.view_nomination"
    for name in ("nomination_detail", "nomination_document", "nomination_file")
} | {
    f"applications:{name}": "studios.view_studioapplication"
    for name in ("application_detail", "application_file")
}
# Whoever acts for a union body hands codes out too (tests/people/test_phones.py).
NOMINATIONS["people:code_hand_out"] = "people.hand_out_codes"
# Pages of the admin that belong to no model. `staff` opens them to every role that may enter the admin.
ADMIN_PAGES = {
    "admin:index": "staff",
    "admin:app_list": "app",
    "admin:login": "redirect",
    "admin:logout": "staff",
    "admin:password_change": "staff",
    "admin:password_change_done": "staff",
    "admin:jsi18n": "staff",
    "admin:autocomplete": "never",
    "admin:view_on_site": "staff",
    "admin:catch_all": "never",
}
VERBS = {"changelist": "view", "add": "add", "change": "view", "delete": "delete", "history": "view"}
# Admin classes that take a workbook in: label of the model, and whether it is for one record.
IMPORTING = {
    "craftsmen_selection": True,
    "craftsmen_offer": True,
    "academies_courserun": True,
    "people_unionbody": False,
    "craftsmen_honour": False,
    "studios_studio": False,
    "studios_achievement": False,
}
FURTHER = {
    "admin:auth_user_password_change": "accounts.add_user",
    "admin:people_person_identity": "people.read_identity",
    "admin:people_person_phone": "people.change_login_phone",
    "admin:people_claim_step": "people.change_claim",
    "admin:competitions_competition_step": "competitions.change_competition",
    "admin:competitions_stage_step": "competitions.change_stage",
    "admin:competitions_entry_step": "competitions.change_entry",
    "admin:news_article_act": "news.change_article",
    "admin:news_article_preview": "news.view_article",
    "admin:panels_panel_replace": "panels.change_assignment",
    "admin:panels_panel_recuse": "panels.add_recusal",
    "admin:panels_panel_lift": "panels.delete_recusal",
    "admin:notices_publicnotice_step": "notices.change_publicnotice",
    "admin:notices_publicnotice_register": "notices.add_objection",
    "admin:notices_publicnotice_export": "notices.view_publicnotice",
    "admin:notices_publicnotice_archive": "notices.view_publicnotice",
    "admin:notices_objection_step": "notices.change_objection",
    "admin:notices_objection_objector": "notices.read_objectors",
    "admin:notices_objection_attachment": "notices.read_objectors",
    "admin:competitions_competition_certificates": "certificates.issue_competitions",
    "admin:craftsmen_honour_act": "craftsmen.revoke_honours",
    "admin:craftsmen_profile_act": "craftsmen.publish_profiles",
    "admin:craftsmen_recommendation_act": "craftsmen.change_recommendation",
    "admin:craftsmen_honour_review": "craftsmen.add_honourreview",
    "admin:craftsmen_nomination_step": "craftsmen.change_nomination",
    "admin:craftsmen_nomination_export": "craftsmen.review_nominations",
    "admin:craftsmen_consultation_letter": "craftsmen.review_nominations",
    "admin:craftsmen_consultation_reply": "craftsmen.review_nominations",
    "admin:craftsmen_selection_progress": "craftsmen.view_nomination",
    "admin:craftsmen_selection_paper": "craftsmen.view_consultation",
    "admin:craftsmen_selection_notice": "craftsmen.settle_slate",
    "admin:craftsmen_selection_confer": "craftsmen.confer_titles",
    "admin:craftsmen_selection_act": "craftsmen.settle_slate",
    "admin:craftsmen_offer_experts": "craftsmen.view_slateline",
    "admin:craftsmen_offer_expert_act": "craftsmen.review_nominations",
    "admin:craftsmen_offer_slate": "craftsmen.view_slateline",
    "admin:craftsmen_offer_slate_act": "craftsmen.settle_slate",
    "admin:craftsmen_conferral_after": "craftsmen.confer_titles",
    "admin:certificates_certificatedesign_preview": "certificates.add_certificatedesign",
    **dict.fromkeys(
        (f"admin:certificates_certificatedesign_{page}" for page in ("sample", "test_sheet")),
        "competitions.view_competition",
    ),
    **dict.fromkeys(
        (
            *(f"admin:certificates_certificate_{page}" for page in ("reissue", "revoke")),
            *(f"admin:certificates_certificateseries_{page}" for page in ("batch", "batch_file")),
        ),
        "certificates.issue_competitions",
    ),
    "admin:craftsmen_selection_step": "craftsmen.change_selection",
    "admin:academies_courserun_act": "academies.change_courserun",
    "admin:academies_courserun_enrol": "academies.change_courserun",
    "admin:academies_courserun_completion": "academies.complete_runs",
    "admin:academies_courserun_issue": "certificates.issue_academies",
    "admin:academies_courserun_certificates_file": "certificates.issue_academies",
    **dict.fromkeys(
        (f"admin:academies_courserun_{page}" for page in ("timetable", "numbers", "numbers_file")),
        "academies.view_courserun",
    ),
    "admin:academies_feedback_summary": "academies.view_feedback",
    "admin:academies_enrolment_act": "academies.change_enrolment",
    "admin:academies_enrolment_export": "academies.change_enrolment",
    "admin:academies_makeuprequest_act": "academies.change_makeuprequest",
    "admin:academies_classrequest_act": "academies.change_classrequest",
    "admin:academies_classrequest_open_run": "academies.change_classrequest",
    "admin:craftsmen_selection_allocations": "craftsmen.change_selection",
    "admin:studios_studio_numbers": "studios.view_studio",
    "admin:studios_studio_numbers_file": "studios.view_studio",
    "admin:studios_studio_act": "studios.replace_leaders",
    "admin:studios_recognition_act": "studios.recognise_studios",
    "admin:studios_plaqueceremony_act": "studios.recognise_studios",
    "admin:studios_plaqueceremony_proof": "studios.view_plaqueceremony",
    "admin:studios_campaign_act": "studios.name_studios",
    "admin:studios_studioapplication_act": "studios.review_applications",
    "admin:studios_achievement_act": "studios.verify_achievements",
    "admin:studios_achievement_evidence": "studios.view_achievement",
    "admin:studios_annualreview_act": "studios.decide_reviews",
    "admin:studios_annualreview_open": "studios.decide_reviews",
    "admin:studios_grant_act": "studios.change_grant",
    "admin:studios_grant_voucher": "studios.view_grant",
    "admin:studios_helprequest_act": "studios.change_helprequest",
    "admin:studios_helprequest_asker": "studios.read_askers",
    "admin:people_unionbody_export": "people.change_unionbody",
    **{
        f"admin:{label}_import{page}": f"{label.replace('_', '.change_')}"
        for label in IMPORTING
        for page in ("", "_blank", "_preview")
    },
    **dict.fromkeys(
        (
            f"admin:competitions_competition_{page}"
            for page in ("upload", "blank", "preview", "problems", "export")
        ),
        "competitions.change_competition",
    ),
}
# What stands in the address of such a route: the label of a record, and what follows its key.
FURTHER_ARGUMENTS = {
    "admin:people_claim_step": ("people.claim", "refuse"),
    "admin:news_article_act": ("news.article", "withdraw"),
    "admin:news_article_preview": ("news.article",),
    "admin:academies_courserun_act": ("academies.courserun", "capacity"),
    "admin:academies_courserun_enrol": ("academies.courserun",),
    "admin:academies_courserun_completion": ("academies.courserun",),
    "admin:academies_courserun_issue": ("academies.courserun",),
    "admin:academies_courserun_certificates_file": ("academies.courserun", "xlsx"),
    **{
        f"admin:academies_{page}": ()
        for page in (
            "courserun_timetable",
            "courserun_numbers",
            "courserun_numbers_file",
            "feedback_summary",
            "enrolment_export",
            "classrequest_open_run",
        )
    },
    "admin:academies_enrolment_act": ("academies.enrolment", "cancel"),
    "admin:academies_makeuprequest_act": ("academies.makeuprequest", "grant"),
    "admin:academies_classrequest_act": ("academies.classrequest", "answer"),
    "admin:craftsmen_nomination_step": ("craftsmen.nomination", "accept"),
    "admin:craftsmen_consultation_letter": ("craftsmen.consultation",),
    "admin:craftsmen_consultation_reply": ("craftsmen.consultation",),
    "admin:craftsmen_selection_progress": ("craftsmen.selection",),
    "admin:craftsmen_selection_notice": ("craftsmen.selection",),
    "admin:craftsmen_selection_confer": ("craftsmen.selection",),
    "admin:craftsmen_selection_act": ("craftsmen.selection", "follow"),
    "admin:craftsmen_offer_experts": ("craftsmen.offer",),
    "admin:craftsmen_offer_expert_act": ("craftsmen.offer", "open"),
    "admin:craftsmen_offer_slate": ("craftsmen.offer",),
    "admin:craftsmen_offer_slate_act": ("craftsmen.offer", "save"),
    "admin:craftsmen_conferral_after": ("craftsmen.conferral", "ceremony"),
    "admin:craftsmen_selection_step": ("craftsmen.selection", "announced"),
    "admin:craftsmen_selection_allocations": ("craftsmen.selection",),
    "admin:competitions_competition_step": ("competitions.competition", "announced"),
    "admin:competitions_entry_step": ("competitions.entry", "accept"),
    "admin:competitions_stage_step": ("competitions.stage", "check_in"),
    "admin:panels_panel_recuse": ("panels.panel",),
    "admin:competitions_competition_upload": ("competitions.competition", "roster"),
    "admin:competitions_competition_blank": ("competitions.competition", "roster"),
    "admin:competitions_competition_problems": ("competitions.competition",),
    "admin:competitions_competition_export": ("competitions.competition",),
    "admin:notices_publicnotice_step": ("notices.publicnotice", "extend"),
    "admin:notices_publicnotice_register": ("notices.publicnotice",),
    "admin:notices_publicnotice_export": ("notices.publicnotice",),
    "admin:notices_publicnotice_archive": ("notices.publicnotice",),
    "admin:notices_objection_step": ("notices.objection", "investigate"),
    "admin:notices_objection_objector": ("notices.objection",),
    "admin:competitions_competition_certificates": ("competitions.competition",),
    "admin:craftsmen_honour_act": ("craftsmen.honour", "revoke"),
    "admin:craftsmen_profile_act": ("craftsmen.profile", "publish"),
    "admin:craftsmen_recommendation_act": ("craftsmen.recommendation", "send"),
    "admin:craftsmen_honour_review": (),
    "admin:studios_studio_numbers": (),
    "admin:studios_studio_numbers_file": (),
    "admin:studios_studio_act": ("studios.studio", "leader"),
    "admin:studios_recognition_act": ("studios.recognition", "expire"),
    "admin:studios_plaqueceremony_act": ("studios.plaqueceremony", "list"),
    "admin:studios_plaqueceremony_proof": ("studios.plaqueceremony",),
    "admin:studios_campaign_act": ("studios.campaign", "meeting"),
    "admin:studios_studioapplication_act": ("studios.studioapplication", "accept"),
    "admin:studios_achievement_act": ("studios.achievement", "verify"),
    "admin:studios_annualreview_act": ("studios.annualreview", "decide"),
    "admin:studios_annualreview_open": (),
    "admin:studios_grant_act": ("studios.grant", "plan"),
    "admin:studios_helprequest_act": ("studios.helprequest", "route"),
    "admin:studios_helprequest_asker": ("studios.helprequest",),
    "admin:certificates_certificatedesign_preview": (),
    "admin:certificates_certificatedesign_sample": ("certificates.certificatedesign",),
    "admin:certificates_certificatedesign_test_sheet": ("certificates.certificatedesign",),
    "admin:certificates_certificate_reissue": ("certificates.certificate",),
    "admin:certificates_certificate_revoke": ("certificates.certificate",),
    "admin:certificates_certificateseries_batch": ("certificates.certificateseries",),
    "admin:certificates_certificateseries_batch_file": ("certificates.certificateseries", "xlsx"),
}
# The chief judge's board, by the permission of staff; the chief judge's own way in: tests/competitions/test_board.py.
BOARD = {
    "boards:board": "competitions.view_stage",
    "boards:board_row": "competitions.view_stage",
    "boards:board_act": "competitions.seal_stage",
}
# Notices, certificates and panels belong to a line of work: those made here to competitions, so that the staff of
# other lines finds none.
OF_ONE_LINE = {
    *(f"notices.{name}" for name in ("publicnotice", "noticeline", "noticestop", "objection")),
    *(f"certificates.{name}" for name in ("certificate", "certificatedesign", "certificateseries")),
    *(
        f"panels.{name}"
        for name in ("panel", "criterion", "criterionlevel", "candidate", "assignment", "recusal", "sheet")
    ),
    "inbox.message",
    *(f"panels.{name}" for name in ("mark", "deduction", "sheetversion", "candidatefile")),
}
# Further pages of such a record.
PAGES_OF_ONE_LINE = {f"admin:panels_panel_{page}" for page in ("replace", "recuse", "lift")}
OTHER_LINES = {roles.CRAFTSMAN_STAFF, roles.ACADEMY_STAFF, roles.STUDIO_STAFF}
BUSINESS = {"people", "files", "certificates", "inbox"}
LINES_OF = {
    roles.COMPETITION_STAFF: {"competitions", "panels", "notices"} | BUSINESS,
    roles.CRAFTSMAN_STAFF: {"craftsmen", "panels", "notices"} | BUSINESS,
    roles.ACADEMY_STAFF: {"academies"} | BUSINESS,
    roles.STUDIO_STAFF: {"studios", "panels", "notices"} | BUSINESS,
    roles.NEWS_STAFF: {"news", "files"},
    roles.NEWS_REVIEWER: {"news", "files"},
    roles.SUPERVISOR: {"competitions", "craftsmen", "studios", "panels", "notices", "certificates", "people"},
    roles.SYSTEM_ADMINISTRATOR: {"accounts", "people", "inbox"},
    roles.SECURITY_ADMINISTRATOR: {"accounts"},
    roles.AUDITOR: {"audit", "accounts"},
}
