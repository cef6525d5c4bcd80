"""What leaves other records when an achievement is kept back: its picture; of a secret one its words as well."""

from django.db import router
from django.db.models import ProtectedError
from django.db.models.deletion import Collector

from studios.models import Achievement
from studios.services.keepers import take_words_back

REPORTED = ("results", "team", "activities", "funds", "plan")


def keep_back(achievement, *former_titles):
    """Take what is internal or secret now out of what more people reach; nothing of one that may be public."""
    if achievement.confidentiality == Achievement.Confidentiality.PUBLIC:
        return
    _take_picture_back(achievement)
    if achievement.confidentiality == Achievement.Confidentiality.SECRET:
        _rename_papers(achievement)
        _take_out_of_reports(achievement, {achievement.title, *former_titles})
        take_words_back(achievement)


def _take_picture_back(achievement):
    """Detach the picture; its address goes too, unless another record shows the same picture."""
    picture = achievement.cover
    if picture is None:
        return
    achievement.cover = None
    achievement.save(update_fields=["cover", "updated_at"])
    try:
        Collector(using=router.db_for_write(type(picture))).collect([picture])
    except ProtectedError:
        return
    picture.is_public, picture.is_guarded = False, True
    picture.save(update_fields=["is_public", "is_guarded"])


def _rename_papers(achievement):
    """A file's name tells what is in it, and the list of files is read by the staff of every line."""
    for item in achievement.evidence.select_related("file"):
        item.file.name = f"涉密材料{item.file.extension}"
        item.file.save(update_fields=["name"])


def _take_out_of_reports(achievement, titles):
    """The yearly reports name it by its number; a page of one that is open elsewhere is stale now."""
    for review in achievement.studio.reviews.all():
        texts = {name: getattr(review, name) for name in REPORTED}
        for name in REPORTED:
            for title in titles:
                setattr(review, name, getattr(review, name).replace(title, str(achievement)))
        if any(getattr(review, name) != text for name, text in texts.items()):
            review.save(update_fields=[*REPORTED, "updated_at"])
