from django import forms

from unionportal.common.videos import is_video
from unionportal.files import services
from unionportal.files.models import StoredFile


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class UploadField(forms.FileField):
    """A file whose content is checked before anything is stored; cleans to an Inspected."""

    inspect = staticmethod(services.inspect_upload)

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        return self.inspect(upload) if upload else None


class PicturesField(UploadField):
    """Several pictures; cleans to a list of Inspected."""

    widget = ManyFilesInput
    inspect = staticmethod(services.inspect_image)

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data]
        return [found for upload in uploads if (found := super(PicturesField, self).clean(upload, initial))]


class UploadForm(forms.ModelForm):
    """Takes a file in; its content is checked here, before anything is stored."""

    upload = forms.FileField(
        label="选择文件",
        help_text="图片：JPEG、PNG、WebP；文档：PDF、Word、Excel、PowerPoint；视频：MP4。"
        "图片和文档不超过 20 MB，视频不超过 500 MB。",
    )

    class Meta:
        model = StoredFile
        fields = ["purpose", "is_public"]
        help_texts = {
            "purpose": "如 新闻题图、竞赛规则",
            "is_public": "勾选后任何人都能打开；上传以后不能再改，需要时重新上传。",
        }

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        return services.inspect_video(upload) if is_video(upload) else services.inspect_upload(upload)
