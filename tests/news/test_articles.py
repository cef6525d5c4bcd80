"""Articles before the public: which state answers what, and what is left of their HTML."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.news import services
from unionportal.news.models import Article, Column

pytestmark = pytest.mark.django_db

Status = Article.Status


def make_column(slug="dongtai", name="工会动态", **fields):
    return Column.objects.get_or_create(slug=slug, defaults={"name": name, **fields})[0]


def make_article(title="工匠杯开赛", *, hours_ago=1, **fields):
    """A published article of the dongtai column."""
    fields.setdefault("column", None)
    fields["column"] = fields["column"] or make_column()
    fields.setdefault("published_at", timezone.now() - timedelta(hours=hours_ago))
    return Article.objects.create(
        **{"title": title, "body": "<p>正文</p>", "status": Status.PUBLISHED, **fields}
    )


@pytest.fixture
def editor():
    return make_user(roles.NEWS_STAFF, username="xuanchuan", is_staff=True)


def soon(**delta):
    return timezone.now() + timedelta(**delta)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        ({"expires_at": soon(days=1)}, 200),
        ({"status": Status.DRAFT}, 404),
        ({"status": Status.DRAFT, "published_at": None}, 404),
        ({"published_at": soon(hours=2)}, 404),
        ({"status": Status.WITHDRAWN, "published_at": soon(hours=2)}, 404),
        ({"status": Status.WITHDRAWN}, 410),
        ({"published_at": soon(days=-2), "expires_at": soon(days=-1)}, 410),
    ],
    ids=[
        *("published", "not yet expired", "draft", "draft without a time", "scheduled"),
        *("withdrawn before anybody saw it", "withdrawn", "expired"),
    ],
)
def test_what_an_article_answers(client, fields, status):
    article = make_article(summary="摘要里的话", **fields)
    response = client.get(article.get_absolute_url())
    assert response.status_code == status
    assert ("工匠杯开赛" in response.text) is (status == 200)
    listed = client.get(reverse("news:article_list"))
    assert ("工匠杯开赛" in listed.text) is (status == 200)
    assert ("工匠杯开赛" in client.get("/").text) is (status == 200)
    found = client.get(reverse("news:article_list"), {"q": "摘要里的话"})
    assert list(found.context["page"]) == ([article] if status == 200 else [])


def test_staff_see_no_more_at_the_public_address(client, editor):
    client.force_login(editor)
    assert client.get(make_article(status=Status.DRAFT).get_absolute_url()).status_code == 404


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_an_article_that_never_was_is_not_found(client, pk):
    assert client.get(f"/news/{pk}/").status_code == 404


def test_neighbours_are_published_ones_of_the_same_column(client):
    other = make_column("gonggao", "公告")
    article = make_article("当前", hours_ago=10)
    make_article("更旧", hours_ago=30)
    older, newer = make_article("旧", hours_ago=20), make_article("新", hours_ago=5)
    make_article("更新", hours_ago=3)
    make_article("草稿", hours_ago=9, status=Status.DRAFT)
    make_article("撤回", hours_ago=11, status=Status.WITHDRAWN)
    make_article("别栏", hours_ago=9, column=other)
    context = client.get(article.get_absolute_url()).context
    assert (context["newer"], context["older"]) == (newer, older)


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────


def titles(client, **query):
    return [article.title for article in client.get(reverse("news:article_list"), query).context["page"]]


def test_a_column_shows_its_own_and_an_unknown_one_shows_all(client):
    other = make_column("gonggao", "公告")
    make_article("甲", hours_ago=2)
    make_article("乙", hours_ago=1, column=other)
    assert titles(client) == titles(client, column="nothing") == ["乙", "甲"]
    assert titles(client, column="gonggao") == ["乙"]
    assert titles(client, column="dongtai") == ["甲"]


def test_the_search_reads_title_and_summary_of_the_column(client):
    make_article("叉车大赛", hours_ago=3)
    make_article("通知", hours_ago=2, summary="叉车培训报名")
    make_article("养蜂", hours_ago=1, body="<p>叉车</p>")
    assert titles(client, q=" 叉车 ") == ["通知", "叉车大赛"]
    assert titles(client, q="叉车", column="gonggao-none") == ["通知", "叉车大赛"]
    assert titles(client, q="100%") == titles(client, q="_") == []


@pytest.mark.parametrize("query", ["\0", "a\0b", "'; DROP TABLE news_article; --", "\\", "x" * 5000])
def test_the_search_bears_anything(client, query):
    make_article("甲")
    assert client.get(reverse("news:article_list"), {"q": query}).status_code == 200


def test_what_was_searched_for_is_printed_as_text(client):
    page = client.get(reverse("news:article_list"), {"q": "<script>alert(1)</script>"}).text
    assert "<script>alert(1)" not in page


def test_twelve_to_a_page_and_a_wrong_page_is_the_nearest(client):
    for number in range(14):
        make_article(f"第{number:02}篇", hours_ago=number)
    assert titles(client) == [f"第{number:02}篇" for number in range(12)]
    assert titles(client, page=2) == titles(client, page=99) == ["第12篇", "第13篇"]
    assert titles(client, page="x") == titles(client)


def test_the_list_asks_as_often_for_three_as_for_one(client, django_assert_max_num_queries):
    make_article("一")
    client.get(reverse("news:article_list"))
    with django_assert_max_num_queries(20) as first:
        client.get(reverse("news:article_list"))
    make_article("二")
    make_article("三")
    with django_assert_max_num_queries(20) as second:
        client.get(reverse("news:article_list"))
    assert len(second) == len(first)


def test_pinned_ones_come_first_while_their_pin_lasts(client):
    today = timezone.localdate()
    make_article("新", hours_ago=1)
    make_article("今天为止", hours_ago=30, pinned_until=today)
    make_article("明天为止", hours_ago=40, pinned_until=today + timedelta(days=1))
    make_article("昨天为止", hours_ago=50, pinned_until=today - timedelta(days=1))
    assert titles(client) == ["今天为止", "明天为止", "新", "昨天为止"]


# ── The body ─────────────────────────────────────────────────────────────────────────────────────────────

OWN_IMAGE = "/files/123e4567-e89b-12d3-a456-426614174000.jpg"
BAD_PARTS = [
    "<script>alert(1)</script>",
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">点</a>',
    '<a href=" jAvAsCrIpT&#58;alert(1)">点</a>',
    '<a href="data:text/html,<script>alert(1)</script>">点</a>',
    '<p style="position:fixed" class="btn" id="main" onclick="alert(1)">段</p>',
    "<style>body{display:none}</style>",
    '<iframe src="https://evil.example/"></iframe>',
    '<form action="https://evil.example/"><input name="password"></form>',
    '<img src="https://evil.example/pixel.gif">',
    '<img src="//evil.example/pixel.gif">',
    f'<img src="{OWN_IMAGE}?x" srcset="https://evil.example/x.jpg">',
    '<svg onload="alert(1)"><use href="#x"/></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<base href="https://evil.example/">',
]
FORBIDDEN = ("<script", "onerror", "onclick", "onload", "javascript:", "style", "class=", "id=", "<iframe")
FORBIDDEN += (
    "<form",
    "<input",
    "evil.example",
    "srcset",
    "<svg",
    "<math",
    "<meta",
    "<base",
    "data:",
    "alert(1)<",
)


@pytest.mark.parametrize("bad", BAD_PARTS)
def test_a_body_is_cleaned_when_it_is_saved(client, editor, bad):
    client.force_login(editor)
    sent = {"column": make_column().pk, "title": "稿", "body": f"<p>前</p>{bad}<p>后</p>", "cover_alt": ""}
    response = client.post(reverse("admin:news_article_add"), sent)
    assert response.status_code == 302
    body = Article.objects.get().body
    assert [word for word in FORBIDDEN if word in body.lower()] == []
    assert body.startswith("<p>前</p>")
    assert body.endswith("<p>后</p>") or "<math" in bad


@pytest.mark.parametrize("bad", BAD_PARTS)
def test_a_body_is_cleaned_again_when_it_is_shown(client, bad):
    article = make_article(body=f"<p>前</p>{bad}")
    page = client.get(article.get_absolute_url()).text
    shown = page.partition('<div class="prose">')[2].partition("</div>")[0]
    assert "<p>前</p>" in shown
    assert [word for word in FORBIDDEN if word in shown.lower()] == []


def test_a_picture_of_our_own_and_plain_markup_stay():
    body = (
        f'<h2>题</h2><p><strong>粗</strong><a href="https://www.bjmy.gov.cn/" rel="noopener noreferrer">链</a></p>'
        f'<figure><img src="{OWN_IMAGE}" alt="图"><figcaption>说明</figcaption></figure>'
    )
    article = Article(body=body, title="题", column=make_column())
    article.full_clean()
    assert article.body == body
    assert article.body_html == body


def test_text_typed_by_hand_becomes_paragraphs_and_markup_in_it_is_text():
    article = Article(body="第一段\n换行\n\n<b>第二段</b> & <script>", title="题", column=make_column())
    article.full_clean()
    expected = "<p>第一段<br>换行</p><p>&lt;b&gt;第二段&lt;/b&gt; &amp; &lt;script&gt;</p>"
    assert article.body == expected
    article.full_clean()
    assert article.body == expected


# ── Publishing ───────────────────────────────────────────────────────────────────────────────────────────


def act(client, action, *articles):
    sent = {"action": action, "_selected_action": [article.pk for article in articles]}
    return client.post(reverse("admin:news_article_changelist"), sent, follow=True)


def lines():
    return [(line.action, line.target_label) for line in AuditEntry.objects.order_by("pk")]


def act_url(article, name):
    return reverse("admin:news_article_act", args=[article.pk, name])


def test_publishing_and_withdrawing_in_the_admin_are_audited(client, editor):
    draft = make_article("稿子", status=Status.DRAFT, published_at=None)
    client.force_login(editor)
    assert "已发布：《稿子》" in client.post(act_url(draft, "publish"), follow=True).text
    draft.refresh_from_db()
    assert draft.status == Status.PUBLISHED
    assert abs(timezone.now() - draft.published_at) < timedelta(minutes=1)
    assert client.get(draft.get_absolute_url()).status_code == 200
    withdrawn = client.post(act_url(draft, "withdraw"), {"reason": "单位名称有误"}, follow=True)
    assert "已撤回：《稿子》" in withdrawn.text
    assert client.get(draft.get_absolute_url()).status_code == 410
    assert lines() == [("news.article_published", "稿子"), ("news.article_withdrawn", "稿子")]
    assert {line.actor_key for line in AuditEntry.objects.all()} == {str(editor.pk)}
    assert AuditEntry.objects.get(action="news.article_withdrawn").details["reason"] == "单位名称有误"


def test_the_page_of_an_article_says_its_state_and_offers_what_may_be_done(client, editor):
    client.force_login(editor)
    for status, offered, other in (
        (Status.DRAFT, "publish", "withdraw"),
        (Status.PUBLISHED, "withdraw", "publish"),
        (Status.WITHDRAWN, "publish", "withdraw"),
    ):
        article = make_article(status=status)
        page = client.get(reverse("admin:news_article_change", args=[article.pk])).text
        assert f"<dt>状态</dt><dd>{status.label}</dd>" in page
        assert act_url(article, offered) in page
        assert act_url(article, other) not in page
        assert reverse("admin:news_article_preview", args=[article.pk]) in page
    later = make_article(published_at=soon(days=2))
    page = client.get(reverse("admin:news_article_change", args=[later.pk])).text
    assert "<dt>定于公开</dt>" in page


def test_withdrawing_asks_for_a_reason_one_article_at_a_time(client, editor):
    live = make_article()
    client.force_login(editor)
    assert client.post(act_url(live, "withdraw"), {"reason": " "}).context["form"].errors
    act(client, "withdraw", live)
    live.refresh_from_db()
    assert live.status == Status.PUBLISHED
    assert lines() == []


def test_a_preview_shows_staff_what_nobody_else_sees_yet(client, editor):
    draft = make_article("新稿", body="<p>稿子的话</p>", status=Status.DRAFT, published_at=None)
    url = reverse("admin:news_article_preview", args=[draft.pk])
    assert client.get(url).status_code == 302
    client.force_login(editor)
    assert "稿子的话" in client.get(url).text
    assert client.get(reverse("admin:news_article_preview", args=[99999999])).status_code == 404
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    assert client.get(url).status_code == 403


def test_publishing_at_a_set_time_keeps_that_time(editor):
    later = soon(days=3)
    article = make_article(status=Status.DRAFT, published_at=later)
    assert services.publish_article(article=article, actor=editor).published_at == later


def test_an_action_tells_of_each_article_and_does_what_it_can(client, editor):
    live, draft = make_article("已在线"), make_article("待发", status=Status.DRAFT)
    client.force_login(editor)
    page = act(client, "publish", live, draft).text
    assert "《已在线》已经发布" in page
    assert "已发布：《待发》" in page
    assert lines() == [("news.article_published", "待发")]


def test_what_is_not_published_cannot_be_withdrawn(editor):
    for status in (Status.DRAFT, Status.WITHDRAWN):
        with pytest.raises(ValidationError, match="没有发布"):
            services.withdraw_article(article=make_article(status=status), actor=editor, reason="测试")
    assert lines() == []


def test_status_is_not_a_field_of_the_form(client, editor):
    client.force_login(editor)
    sent = {"column": make_column().pk, "title": "稿", "body": "文", "status": "published"}
    client.post(reverse("admin:news_article_add"), sent)
    assert Article.objects.get().status == Status.DRAFT


def test_a_published_article_keeps_its_time(client, editor):
    article = make_article()
    client.force_login(editor)
    sent = {
        "column": article.column_id,
        "title": "改",
        "body": "<p>文</p>",
        "published_at_0": "",
        "published_at_1": "",
    }
    response = client.post(reverse("admin:news_article_change", args=[article.pk]), sent)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["published_at"]


def test_an_article_expires_after_it_is_published(editor):
    draft = make_article(status=Status.DRAFT, published_at=None, expires_at=soon(days=-1))
    with pytest.raises(ValidationError, match="失效时间应晚于发布时间"):
        services.publish_article(article=draft, actor=editor)
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_only_drafts_are_deleted_one_by_one_or_many(client, editor):
    live, draft = make_article("在线"), make_article("草稿", status=Status.DRAFT)
    client.force_login(editor)
    assert (
        client.post(reverse("admin:news_article_delete", args=[live.pk]), {"post": "yes"}).status_code == 403
    )
    sent = {"action": "delete_selected", "_selected_action": [live.pk, draft.pk], "post": "yes"}
    assert client.post(reverse("admin:news_article_changelist"), sent).status_code == 403
    assert set(Article.objects.all()) == {live, draft}
    client.post(reverse("admin:news_article_delete", args=[draft.pk]), {"post": "yes"})
    assert set(Article.objects.all()) == {live}
    assert lines() == [("news.article_deleted", "草稿")]


def test_other_lines_of_work_do_not_reach_the_news(client):
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    assert client.get(reverse("admin:news_article_changelist")).status_code == 403
