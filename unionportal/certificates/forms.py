import re
import unicodedata

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget, AdminTextInputWidget

from unionportal.certificates.models import CertificateDesign
from unionportal.certificates.services import CertificateLine
from unionportal.certificates.wording import FACTS

DASHES = re.compile("[\\s_\u2010-\u2015\u2212\uff0d-]+")


class CheckForm(forms.Form):
    """Number and name as they stand on the paper; both must fit."""

    number = forms.CharField(
        label="证书编号",
        max_length=60,
        help_text="印在证书左下角，如 MYGJ-2025-JS-0007。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": "请填写证书编号。"},
    )
    holder = forms.CharField(
        label="持证人",
        max_length=100,
        help_text="证书上的姓名或名称，须写全。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写持证人。"},
    )

    def clean_number(self):
        """Full width, small letters, spaces and the dashes of a Chinese keyboard do not count."""
        return DASHES.sub("-", unicodedata.normalize("NFKC", self.cleaned_data["number"]).upper().strip())


class ReissueForm(forms.Form):
    """Why a certificate is replaced, and what the new one says: the same, unless put right here."""

    reason = forms.CharField(
        label="换发原因", max_length=200, widget=AdminTextInputWidget, help_text="如 遗失、损坏、姓名更正。"
    )
    issued_on = forms.DateField(label="发证日期", widget=AdminDateWidget, help_text="印在新证书上。")
    design = forms.ModelChoiceField(CertificateDesign.objects.none(), label="版式", empty_label=None)
    holder = forms.CharField(label="持证人", max_length=100, widget=AdminTextInputWidget)

    def __init__(self, *args, certificate, **kwargs):
        self.certificate = certificate
        initial = {
            "issued_on": certificate.issued_on,
            "design": certificate.design_id,
            "holder": certificate.holder,
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["design"].queryset = CertificateDesign.objects.filter(line=certificate.series.line)
        for key, label in FACTS.items():
            if key != "name":
                widget = AdminTextareaWidget(attrs={"rows": 2}) if key == "citation" else AdminTextInputWidget
                self.fields[key] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=400,
                    widget=widget,
                    initial=certificate.facts.get(key),
                )

    def asked(self):
        """Return what services.reissue_certificate is asked for."""
        data, old = self.cleaned_data, self.certificate
        facts = {key: data[key] for key in FACTS if key != "name" and data[key]}
        line = CertificateLine(old.source_key, data["holder"], facts, old.person)
        asked = {name: data[name] for name in ("reason", "issued_on", "design")}
        return {"certificate": old, "line": line, **asked}


class RevokeForm(forms.Form):
    """Why a certificate is revoked, and by which document."""

    ground = forms.CharField(
        label="撤销原因",
        max_length=200,
        widget=AdminTextInputWidget,
        help_text="只在后台可见，查验页不显示。",
    )
    document_number = forms.CharField(
        label="撤销文号", max_length=100, required=False, widget=AdminTextInputWidget
    )


class BatchForm(forms.Form):
    """Which certificates of a series: of which design, from which serial to which."""

    design = forms.ModelChoiceField(CertificateDesign.objects.none(), label="版式", empty_label=None)
    first = forms.IntegerField(label="从第几号", min_value=1, required=False, help_text="留空即从头。")
    last = forms.IntegerField(label="到第几号", min_value=1, required=False, help_text="留空即到末尾。")

    def __init__(self, *args, series, **kwargs):
        self.series = series
        super().__init__(*args, **kwargs)
        used = series.certificates.valid().values("design")
        self.fields["design"].queryset = CertificateDesign.objects.filter(pk__in=used)

    def chosen(self):
        """Return the valid certificates asked for, by serial."""
        data = self.cleaned_data
        found = self.series.certificates.valid().filter(design=data["design"]).order_by("serial")
        if data["first"]:
            found = found.filter(serial__gte=data["first"])
        return found.filter(serial__lte=data["last"]) if data["last"] else found
