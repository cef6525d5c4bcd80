"""Certificates in the admin: designs with their sample, whole series as files, reissuing and revoking with a reason."""

import io
import zipfile
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from tests.certificates.pdf_text import page_count, text_of
from tests.factories import (
    certificate_line,
    make_certificate,
    make_design,
    make_series,
    make_superuser,
    make_user,
)
from tests.one_of_each import picture as picture_upload
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.certificates import services
from unionportal.certificates.models import Certificate, CertificateDesign, CertificateSeries, Line
from unionportal.files.services import store_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make_superuser()


@pytest.fixture
def staff(client):
    user = make_user(roles.COMPETITION_STAFF, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def design():
    return make_design()


@pytest.fixture
def series(root, design):
    """Four certificates: two valid, one replaced by a fifth, one revoked."""
    series = make_series(code="MYGJ-2025-JS")
    made = services.issue_certificates(
        design=design,
        series=series,
        issued_on=date(2025, 5, 23),
        lines=[certificate_line(name) for name in ("甲", "乙", "丙", "丁")],
        actor=root,
    )
    services.reissue_certificate(
        certificate=Certificate.objects.get(pk=made[2].pk), reason="遗失", actor=root
    )
    services.revoke_certificate(certificate=made[3], ground="误", actor=root)
    return CertificateSeries.objects.get(pk=series.pk)


def page(name, *args):
    return reverse(f"admin:certificates_{name}", args=args)


def typed(design, **changes):
    """What the form of a design sends."""
    names = [
        "line", "name", "kind", "orientation", "heading", "salutation", "body", "highlight", "closing", "issuers",
        "name_size", "body_size", "shift_x", "shift_y",
    ]  # fmt: skip
    return (
        {name: getattr(design, name) for name in names}
        | {"seal": "", "background": "", "show_qr": "on"}
        | changes
    )


# ── Designs ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_design_is_made_and_its_sample_seen(client, staff, design):
    data = typed(design, name="新版式", heading="荣誉证书")
    assert client.post(page("certificatedesign_add"), data).status_code == 302
    made = CertificateDesign.objects.get(name="新版式")
    response = client.get(page("certificatedesign_sample", made.pk))
    assert (response["Content-Type"], response.content[:4]) == ("image/png", b"\x89PNG")
    assert (
        page("certificatedesign_sample", made.pk)
        in client.get(page("certificatedesign_change", made.pk)).content.decode()
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": "在{phone}中"}, "不认识 {phone}"),
        ({"body": "在{title中"}, "花括号不成对"),
        ({"body": "在{}中"}, "不认识 {}"),
        ({"body": "{name.__class__}"}, "不认识"),
        ({"body": "{name!r}"}, "带格式的占位符"),
        ({"highlight": "{award:>9}"}, "带格式的占位符"),
        ({"salutation": "", "body": "一样", "highlight": ""}, "没有任何占位符"),
        ({"issuers": "一\n二\n三\n四\n五"}, "最多 4 个单位"),
        ({"body_size": "200"}, "36"),
        ({"shift_x": "90"}, "50"),
    ],
)
def test_a_design_that_would_not_print_is_not_saved(client, staff, design, changes, words):
    response = client.post(page("certificatedesign_add"), typed(design, name="新版式", **changes))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert CertificateDesign.objects.count() == 1


def test_a_picture_that_would_swell_a_batch_is_refused(client, staff, root, design):
    stored = store_image(upload=picture_upload(), actor=root, purpose="证书底图")
    data = typed(design, name="带底图", background=stored.pk)
    type(stored).objects.update(size=CertificateDesign.MOST_BYTES + 1)
    assert "图片超过 1024 KB" in client.post(page("certificatedesign_add"), data).content.decode()
    type(stored).objects.update(size=CertificateDesign.MOST_BYTES)
    assert client.post(page("certificatedesign_add"), data).status_code == 302
    made = CertificateDesign.objects.get(name="带底图")
    assert client.get(page("certificatedesign_sample", made.pk)).status_code == 200


def test_a_picture_for_something_else_cannot_be_chosen(client, staff, root, design):
    stored = store_image(upload=picture_upload(), actor=root, purpose="新闻题图")
    response = client.post(page("certificatedesign_add"), typed(design, name="带底图", seal=stored.pk))
    assert "seal" in response.context["adminform"].errors


def test_a_design_in_use_stays_in_its_line(client, root, series, design):
    client.force_login(root)
    data = typed(design, line=Line.STUDIOS, heading="荣誉证书")
    assert client.post(page("certificatedesign_change", design.pk), data).status_code == 302
    design.refresh_from_db()
    assert (design.line, design.heading) == ("competitions", "荣誉证书")


def test_the_preview_draws_what_is_typed_and_saves_nothing(client, staff, design):
    url = page("certificatedesign_preview")
    first = client.post(url, typed(design))
    second = client.post(url, typed(design, heading="荣誉证书"))
    assert first.status_code == second.status_code == 200
    assert first.content != second.content
    refused = client.post(url, typed(design, body="{phone}"))
    assert refused["Content-Type"] == client.post(url, {})["Content-Type"] == "text/plain; charset=utf-8"
    assert "不认识 {phone}" in refused.content.decode()
    assert client.get(url).status_code == 405
    assert CertificateDesign.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_staff_make_designs_and_series_of_their_own_line_only(client, staff, design):
    data = typed(design, name="别的", line=Line.STUDIOS)
    assert "line" in client.post(page("certificatedesign_add"), data).context["adminform"].errors
    data = {"line": "craftsmen", "code": "X-1", "year": 2025, "name": "x"}
    assert "line" in client.post(page("certificateseries_add"), data).context["adminform"].errors


# ── Series and their files ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["mygj", "MYGJ 2025", "-MYGJ", "MYGJ-", "MYGJ--1", "证书", "A\n"])
def test_a_series_has_a_code_that_can_be_printed_and_typed(client, staff, code):
    data = {"line": "competitions", "code": code, "year": 2025, "name": "x"}
    client.post(page("certificateseries_add"), data)
    assert not CertificateSeries.objects.exclude(code="A").exists()


def test_a_series_in_use_keeps_its_code_and_cannot_be_deleted(client, staff, series):
    response = client.get(page("certificateseries_change", series.pk))
    assert set(response.context["adminform"].readonly_fields) >= {"line", "code", "year", "next_number"}
    text = response.content.decode()
    assert "MYGJ-2025-JS-0006" in text
    assert client.post(page("certificateseries_delete", series.pk), {"post": "yes"}).status_code == 403


def test_a_whole_series_comes_as_one_file_without_those_no_longer_valid(client, staff, series, design):
    content = client.get(page("certificateseries_batch", series.pk)).content.decode()
    assert "有效证书 3 张" in content
    chosen = {"design": design.pk, "first": "", "last": ""}
    made = {
        kind: client.post(page("certificateseries_batch_file", series.pk, kind), chosen)
        for kind in ("pdf", "overprint", "zip", "xlsx")
    }
    assert {response.status_code for response in made.values()} == {200}
    assert page_count(made["pdf"].content) == 3
    text = text_of(made["pdf"].content)
    assert "MYGJ-2025-JS-0005" in text
    assert "MYGJ-2025-JS-0003" not in text
    assert "获奖证书" not in text_of(made["overprint"].content)
    names = zipfile.ZipFile(io.BytesIO(made["zip"].content)).namelist()
    assert names == ["MYGJ-2025-JS-0001 甲.pdf", "MYGJ-2025-JS-0002 乙.pdf", "MYGJ-2025-JS-0005 丙.pdf"]
    rows = list(load_workbook(io.BytesIO(made["xlsx"].content)).active.values)
    assert rows[0] == ("证书编号", "持证人", "状态", "发证日期", "名称", "等次")
    assert [row[1] for row in rows[1:]] == ["甲", "乙", "丙"]
    assert AuditEntry.objects.filter(action="certificates.certificates_exported").count() == 4


def test_a_part_of_a_series_is_chosen_by_number(client, staff, series, design):
    url = page("certificateseries_batch_file", series.pk, "pdf")
    response = client.post(url, {"design": design.pk, "first": 2, "last": 2})
    assert page_count(response.content) == 1
    assert client.post(url, {"design": design.pk, "first": 77}).status_code == 302
    assert client.post(url, {"design": "x"}).status_code == 302
    assert client.get(url).status_code == 405
    assert client.post(page("certificateseries_batch_file", series.pk, "exe")).status_code == 404
    far = client.get(page("certificateseries_batch", series.pk) + f"?design={design.pk}&first=77")
    assert "没有符合条件的证书" in far.content.decode()


# ── One certificate ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def issued(root, design):
    return make_certificate(root, "李红侠", unit="家政公司")


def test_a_certificate_is_reissued_with_its_name_put_right(client, staff, issued):
    url = page("certificate_reissue", issued.pk)
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields} | {"reason": "姓名更正", "holder": "李红霞"}
    response = client.post(url, data)
    new = Certificate.objects.get(replaces=issued)
    assert response["Location"] == page("certificate_change", new.pk)
    assert (new.holder, new.facts["unit"], new.reissue_reason) == ("李红霞", "家政公司", "姓名更正")
    assert "已换发" in client.get(page("certificate_change", issued.pk)).content.decode()


def test_what_cannot_be_printed_is_said_and_what_was_typed_is_kept(client, staff, issued):
    url = page("certificate_reissue", issued.pk)
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields} | {"reason": "姓名更正", "holder": "𠮷野"}
    content = client.post(url, data).content.decode()
    assert "𠮷（U+20BB7）" in content
    assert 'value="𠮷野"' in content
    assert Certificate.objects.count() == 1


def test_a_certificate_is_revoked_with_its_ground(client, staff, issued):
    url = page("certificate_revoke", issued.pk)
    assert client.post(url, {"ground": "", "document_number": "9号"}).status_code == 200
    assert client.post(url, {"ground": "名次更正", "document_number": "9号"}).status_code == 302
    issued.refresh_from_db()
    assert (issued.status, issued.revoked_ground, issued.revoked_document) == ("revoked", "名次更正", "9号")
    again = client.post(url, {"ground": "再来", "document_number": ""}).content.decode()
    assert "只有有效的证书才能办理" in again


@pytest.mark.parametrize("kind", ["as_pdf", "as_overprint", "as_zip", "as_list"])
def test_chosen_certificates_come_as_a_file(client, staff, series, kind):
    chosen = list(Certificate.objects.values_list("pk", flat=True))
    response = client.post(page("certificate_changelist"), {"action": kind, "_selected_action": chosen})
    assert response["Content-Disposition"].startswith("attachment")
    if kind == "as_pdf":
        assert page_count(response.content) == 3


def test_two_designs_do_not_share_a_pdf(client, staff, series, root):
    make_certificate(root, "戊")
    chosen = list(Certificate.objects.values_list("pk", flat=True))
    data = {"action": "as_pdf", "_selected_action": chosen}
    response = client.post(page("certificate_changelist"), data, follow=True)
    assert "用了不同的版式" in response.content.decode()


# ── Each line of work for itself ─────────────────────────────────────────────────────────────────────────


def test_a_line_of_work_sees_nothing_of_the_others(client, staff, root):
    make_certificate(root, "学院学员", line=Line.ACADEMIES)
    theirs = Certificate.objects.get()
    for model in ("certificate", "certificateseries", "certificatedesign"):
        content = client.get(page(f"{model}_changelist")).content.decode()
        for hidden in ("学院学员", theirs.series.code, theirs.design.name):
            assert hidden not in content
    for url in (
        page("certificate_change", theirs.pk),
        page("certificate_reissue", theirs.pk),
        page("certificate_revoke", theirs.pk),
        page("certificate_history", theirs.pk),
        page("certificateseries_change", theirs.series_id),
        page("certificateseries_batch", theirs.series_id),
        page("certificatedesign_change", theirs.design_id),
        page("certificatedesign_sample", theirs.design_id),
        page("certificatedesign_test_sheet", theirs.design_id),
    ):
        seen, done = client.get(url), client.post(url, {"ground": "x", "reason": "x"})
        assert (seen.status_code, done.status_code in (403, 404)) == (404, True), url
        assert "学院学员" not in seen.content.decode() + done.content.decode()
    files = page("certificateseries_batch_file", theirs.series_id, "pdf")
    assert client.post(files, {"design": theirs.design_id}).status_code == 404
    data = {"action": "as_list", "_selected_action": [theirs.pk]}
    response = client.post(page("certificate_changelist"), data)
    assert "学院学员".encode() not in response.content
    theirs.refresh_from_db()
    assert theirs.status == "issued"


def test_the_supervisor_sees_every_line_and_changes_nothing(client, series, root):
    make_certificate(root, "学院学员", line=Line.ACADEMIES)
    client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
    content = client.get(page("certificate_changelist")).content.decode()
    assert "学院学员" in content
    assert "甲" in content
    made = Certificate.objects.valid().first()
    assert "换发</a>" not in client.get(page("certificate_change", made.pk)).content.decode()
    for url in (page("certificate_reissue", made.pk), page("certificate_revoke", made.pk)):
        assert client.post(url, {"ground": "x", "reason": "x"}).status_code == 403
    data = {"action": "as_pdf", "_selected_action": [made.pk]}
    assert client.post(page("certificate_changelist"), data).status_code == 302


@pytest.mark.parametrize("model", ["certificate", "certificateseries", "certificatedesign"])
def test_a_list_costs_the_same_with_one_and_with_three(client, root, model):
    client.force_login(root)
    costs = []
    for number in (1, 2):
        for _ in range(number):
            make_certificate(root)
        with CaptureQueriesContext(connection) as captured:
            client.get(page(f"{model}_changelist"))
        costs.append(len(captured))
    assert costs[0] == costs[1]
