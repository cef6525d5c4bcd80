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
    "craftsmen.selection_moved": "变更评选状态",
    "craftsmen.selection_copied": "复制评选为草稿",
    "craftsmen.places_allocated": "分配推荐名额",
    "craftsmen.nomination_started": "开始填报申报",
    "craftsmen.nomination_saved": "保存申报草稿",
    "craftsmen.nomination_photo_set": "上传申报照片",
    "craftsmen.nomination_file_added": "附上申报材料",
    "craftsmen.nomination_file_removed": "移除申报材料",
    "craftsmen.nomination_submitted": "提交申报",
    "craftsmen.nomination_withdrawn": "撤回申报",
    "craftsmen.nomination_returned": "退回申报",
    "craftsmen.nomination_passed_up": "报送区总工会",
    "craftsmen.nominations_ranked": "推荐排序",
    "craftsmen.nomination_form_printed": "导出推荐审批表",
    "craftsmen.summary_printed": "导出推荐汇总表",
    "people.person_added": "建立职工档案",
    "people.person_claimed": "职工档案关联账号",
    "people.union_bodies_imported": "导入所属工会",
    "people.union_bodies_exported": "导出所属工会",
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
    "branch": "镇街、系统工会",
    "channel": "渠道",
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
    "places": "推荐名额",
    "points": "扣分",
    "rank": "排序",
    "published_at": "发布时间",
    "purpose": "用途",
    "reason": "理由",
    "replacement": "新证书",
    "seat": "席位",
    "sha256": "SHA-256",
    "size": "大小（字节）",
    "source": "来源",
    "stage": "轮次",
    "to": "送交",
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
