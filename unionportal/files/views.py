from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from unionportal.files.models import StoredFile


@require_safe
@login_not_required
def file_detail(request, key, extension):
    """Send one file to whoever may read it; to everybody else it does not exist."""
    public = StoredFile.objects.filter(key=key, is_public=True).first()
    # Asking who is signed in only where it matters keeps public files cacheable.
    stored = public or get_object_or_404(StoredFile.objects.readable_by(request.user), key=key)
    if f".{extension}" != stored.extension:
        raise Http404
    return file_response(stored)


def file_response(stored):
    """Return the answer that sends a file the caller has been allowed to read; documents are saved, never opened."""
    is_image = stored.kind == StoredFile.Kind.IMAGE
    response = FileResponse(
        stored.file.open("rb"),
        as_attachment=not is_image,
        filename=stored.download_name,
        content_type=stored.content_type,
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "public, max-age=3600" if stored.is_public else "private, no-store"
    return response
