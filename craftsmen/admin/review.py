"""Letters to other departments with their replies, and visits to the place of work."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html, format_html_join

from craftsmen import letters
from craftsmen.admin.pages import Pages, attempt, paper_url, require
from craftsmen.forms import FieldVisitForm, LetterForm, LettersForm, ReplyForm
from craftsmen.models import Consultation, ConsultationLine, FieldVisit, Nomination
from craftsmen.services import consultations
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.audit.admin_steps import record_url
from unionportal.files.sending import DOCX, file_response
from unionportal.files.services import store_file

Opinion = ConsultationLine.Opinion


@admin.register(Consultation)
class ConsultationAdmin(Pages, AuditedModelAdmin):
    form = LetterForm
    change_form_template = "admin/craftsmen/consultation/change_form.html"
    list_display = [
        "department",
        "selection",
        "number",
        "sent_on",
        "due_on",
        "replied_on",
        "asked",
        "waiting",
        "objecting",
    ]
    list_filter = [("replied_on", admin.EmptyFieldListFilter), "selection"]
    list_select_related = ["selection"]
    search_fields = ["department", "number"]

    def get_queryset(self, request):
        counts = {
            "asked_count": Count("lines"),
            "waiting_count": Count("lines", filter=Q(lines__opinion=Opinion.WAITING)),
            "objecting_count": Count("lines", filter=Q(lines__opinion=Opinion.OBJECTION)),
        }
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="人数")
    def asked(self, letter):
        return letter.asked_count

    @admin.display(description="待复")
    def waiting(self, letter):
        return letter.waiting_count

    @admin.display(description="不同意见")
    def objecting(self, letter):
        return letter.objecting_count

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            self.route("<int:pk>/letter.docx", self.letter, "consultation_letter"),
            self.route("<int:pk>/reply/", self.reply, "consultation_reply"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        """Make letters to several departments in one go."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LettersForm(request.POST or None, initial={"selection": request.GET.get("selection")})
        if form.is_valid():
            sent = {**form.cleaned_data, "actor": request.user}
            if made := attempt(form, consultations.send_letters, **sent):
                done = f"已生成 {len(made)} 封征求意见函，请逐封下载、用印后发出。"
                self.message_user(request, done, messages.SUCCESS)
                return redirect("admin:craftsmen_selection_progress", sent["selection"].pk)
        template = "admin/craftsmen/plain_form.html"
        return self.page(request, template, "发征求意见函", form=form, submit="生成各部门的函")

    def _find(self, request, pk):
        require(request, "review_nominations")
        return get_object_or_404(Consultation.objects.select_related("selection"), pk=pk)

    def letter(self, request, pk):
        """Send the letter with its list as a Word file."""
        consultation = self._find(request, pk)
        lines = consultation.lines.select_related("nomination__person", "nomination__offer__title").order_by(
            "nomination__offer__position", "nomination__unit_name", "nomination__person__pinyin", "pk"
        )
        response = file_response(f"征求意见函（{consultation.department}）.docx", DOCX)
        letters.write_letter(consultation, list(lines), response)
        return response

    def reply(self, request, pk):
        """Enter the one reply with its exceptions; what was typed stays on the page when something is wrong."""
        consultation = self._find(request, pk)
        posted = (request.POST, request.FILES) if request.method == "POST" else ()
        initial = {"replied_on": consultation.replied_on, "reply": consultation.reply}
        given = {name: value for name, value in initial.items() if value}
        form = ReplyForm(*posted, consultation=consultation, initial=given)
        if form.is_valid() and attempt(
            form, self._add_reply, request=request, letter=consultation, form=form
        ):
            self.message_user(request, f"{consultation.department}的复函已登记。", messages.SUCCESS)
            return redirect(record_url(consultation))
        template = "admin/craftsmen/consultation/reply.html"
        return self.page(
            request, template, f"登记复函：{consultation.department}", form=form, letter=consultation
        )

    @transaction.atomic
    def _add_reply(self, request, letter, form):
        data, scan = form.cleaned_data, form.cleaned_data["scan"]
        stored = scan and store_file(
            inspected=scan, actor=request.user, purpose="征求意见复函", is_guarded=True
        )
        return consultations.record_reply(
            consultation=letter,
            replied_on=data["replied_on"],
            opinion=data["opinion"],
            reply=data["reply"],
            exceptions=form.exceptions(),
            scan=stored,
            actor=request.user,
        )

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            lines = obj.lines.select_related("nomination__person", "nomination__offer__title")
            context |= {
                "lines": lines.order_by(
                    "-opinion", "nomination__offer__position", "nomination__unit_name", "pk"
                ),
                "may_step": request.user.has_perm("craftsmen.review_nominations"),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)


@admin.register(ConsultationLine)
class ConsultationLineAdmin(ReadOnlyAdmin):
    list_display = ["nomination", "consultation", "opinion", "note"]
    list_filter = ["opinion", "consultation__selection", "consultation__department"]
    list_select_related = [
        "nomination__person",
        "nomination__offer__title",
        "nomination__offer__selection",
        "consultation",
    ]
    search_fields = ["nomination__person__name", "note"]


@admin.register(FieldVisit)
class FieldVisitAdmin(AuditedModelAdmin):
    form = FieldVisitForm
    list_display = ["nomination", "visited_on", "visitors", "picture_count"]
    list_filter = ["nomination__offer__selection", "visited_on"]
    list_select_related = ["nomination__person", "nomination__offer__selection", "nomination__offer__title"]
    search_fields = ["nomination__person__name", "visitors", "report"]
    raw_id_fields = ["nomination"]
    readonly_fields = ["shown_pictures", "written_by"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(pictures=Count("photos"))

    @admin.display(description="照片")
    def picture_count(self, visit):
        return visit.pictures

    @admin.display(description="已存照片")
    def shown_pictures(self, visit):
        if visit.pk is None:
            return "—"
        found = [(paper_url(photo), photo.name) for photo in visit.photos.all()]
        pictures = format_html_join("", '<a href="{0}"><img src="{0}" alt="{1}" width="180"></a>', found)
        return format_html('<div class="papers">{}</div>', pictures) if found else "还没有照片"

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "nomination":
            kwargs["queryset"] = Nomination.objects.handed_in()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.written_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for inspected in form.cleaned_data["pictures"]:
            form.instance.photos.add(
                store_file(inspected=inspected, actor=request.user, purpose="实地考察", is_guarded=True)
            )
