"""The ways a message leaves its page; settings.INBOX_CHANNELS names them. An account without an address gets none."""

from django.conf import settings
from django.core.mail import send_mail

from unionportal.accounts.models import SiteSettings
from unionportal.common import sms


class BySms:
    """A short text that says there is a message: its words may be seen on a locked screen, so the body stays here."""

    def address_of(self, user):
        return user.phone if sms.is_on() else ""

    def send(self, address, message):
        sms.send(
            address, f"【{SiteSettings.load().name}】{message.title}。详情请登录网站，在“我的消息”中查看。"
        )


class ByMail:
    """The whole message, with the address of the page it leads to."""

    def address_of(self, user):
        return user.email if settings.MAIL_IS_ON else ""

    def send(self, address, message):
        site = SiteSettings.load()
        lines = [message.body or message.title]
        if message.url and site.web_address:
            lines.append(f"办理或查看：{site.web_address}{message.url}")
        lines.append(f"{site.organiser}\n本邮件由系统发出，请勿回复。")
        send_mail(f"[{site.name}] {message.title}", "\n\n".join(lines), None, [address])
