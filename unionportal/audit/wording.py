"""What audit lines say in Chinese: one table of acts, one of what their details are called."""

ACTIONS = {
    "accounts.password_changed": "修改了自己的密码",
    "accounts.roles_assigned": "分配角色",
    "certificates.certificate_reissued": "换发证书",
    "certificates.certificate_revoked": "撤销证书",
    "certificates.certificates_issued": "签发证书",
    "files.file_stored": "上传文件",
    "news.article_published": "发布文章",
    "news.article_withdrawn": "撤回文章",
    "people.identity_revealed": "查看完整身份证号和手机号",
    "people.unit_merged": "并入单位",
    "people.unit_renamed": "更名",
    "people.unit_separated": "取消并入",
    "people.units_created": "批量建立单位",
    "panels.judge_assigned": "安排裁判",
    "panels.judge_counted_again": "恢复计入裁判评分表",
    "panels.judge_left": "裁判退出",
    "panels.judge_recused": "添加回避",
    "panels.judge_set_aside": "裁判评分表全部不计",
    "panels.mixed_numbers_accepted": "同意裁判人数不一仍有效",
    "panels.panel_closed": "截止评分",
    "panels.panel_opened": "开始评分",
    "panels.panel_reopened": "重新打开评分",
    "panels.points_deducted": "登记扣分",
    "panels.sheet_reopened": "退回评分表",
    "panels.sheet_saved": "保存评分表",
    "panels.sheet_submitted": "提交评分表",
    "panels.spread_answered": "说明分差",
    "competitions.appearance_status_set": "登记出场状态",
    "competitions.competition_created": "建立竞赛",
    "competitions.competition_moved": "变更竞赛状态",
    "competitions.decisions_withdrawn": "撤销裁定",
    "competitions.exam_marks_imported": "导入理论成绩",
    "competitions.panel_marks_imported": "导入评分表",
    "competitions.result_sheet_dropped": "作废未发布的成绩册",
    "competitions.results_published": "发布成绩",
    "competitions.roster_imported": "导入名单",
    "competitions.stage_entered": "进入轮次",
    "competitions.stage_moved": "变更轮次状态",
    "competitions.stage_reopened": "退回更正",
    "competitions.stage_sealed": "锁定成绩",
    "competitions.tie_decided": "裁定同分",
    "competitions.competition_copied": "复制竞赛为草稿",
    "competitions.entries_exported": "导出报名表",
    "competitions.entry_accepted": "通过报名",
    "competitions.entry_returned": "退回报名",
    "panels.rubric_imported": "导入评分标准",
    "craftsmen.offer_added": "增加评选称号",
    "academies.attendance_listed": "点名",
    "academies.capacity_set": "调整名额",
    "academies.completion_revoked": "撤销结业",
    "academies.lesson_closed": "结束考勤",
    "academies.lesson_reopened": "重新打开考勤",
    "academies.make_up_granted": "同意补签",
    "academies.make_up_refused": "未同意补签",
    "academies.make_up_requested": "申请补签",
    "academies.run_completed": "办理结业",
    "academies.signed_in": "扫码签到",
    "academies.signed_out": "扫码签退",
    "academies.enrolled": "报名",
    "academies.enrolment_approved": "通过报名",
    "academies.enrolment_cancelled": "取消报名",
    "academies.enrolment_rejected": "报名未通过",
    "academies.offer_accepted": "确认递补",
    "academies.offer_lapsed": "递补逾期作废",
    "academies.priority_set": "调整候补次序",
    "academies.seat_offered": "通知递补",
}
# What the admin does to any model: `app.model_verb`.
VERBS = {"added": "新增", "changed": "修改", "deleted": "删除"}
# In the order in which they are told: the database keeps JSON keys in an order of its own.
DETAILS = {
    "before": "改前",
    "after": "改后",
    "absent": "缺考缺赛",
    "accepted": "收下行数",
    "answer": "说明",
    "count": "张数",
    "design": "版式",
    "document": "文号",
    "entered": "补入轮次",
    "entries": "参赛",
    "first": "首号",
    "into": "并入",
    "last": "末号",
    "names": "名称",
    "note": "说明",
    "order": "次序",
    "points": "扣分",
    "published_at": "发布时间",
    "purpose": "用途",
    "reason": "理由",
    "replacement": "新证书",
    "seat": "席位",
    "sha256": "SHA-256",
    "size": "大小（字节）",
    "source": "来源",
    "stage": "轮次",
    "unchanged": "未变行数",
    "updated": "更新行数",
    "version": "版本",
    "written": "写入行数",
}


def action_name(action):
    """Return the Chinese name of an act; its code where nobody has named it yet."""
    return ACTIONS.get(action) or VERBS.get(action.rpartition("_")[2]) or action


def detail_lines(details):
    """Return (name, text) pairs of an entry's details, the changes of a form line by line."""
    lines, told = [], list(DETAILS)
    for name, value in sorted(
        details.items(), key=lambda item: told.index(item[0]) if item[0] in DETAILS else len(told)
    ):
        if name == "changes" and isinstance(value, dict):
            lines += detail_lines(value)
        elif isinstance(value, list):
            lines.append((DETAILS.get(name, name), "、".join(map(str, value))))
        else:
            lines.append((DETAILS.get(name, name), str(value)))
    return lines


def described(entry):
    """Return an entry as the history page shows it."""
    return {
        "at": entry.at,
        "actor_name": entry.actor_name,
        "action": action_name(entry.action),
        "lines": detail_lines(entry.details),
        "address": entry.address,
    }
