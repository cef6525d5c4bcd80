"""Django's password rules with our own words: its Chinese ones say 你."""

from django.contrib.auth import password_validation


class NotAboutTheUser(password_validation.UserAttributeSimilarityValidator):
    def get_help_text(self):
        return "密码不能与您的登录名、姓名或邮箱太相似。"


class NotCommon(password_validation.CommonPasswordValidator):
    def get_help_text(self):
        return "密码不能是常见的密码。"


class NotOnlyDigits(password_validation.NumericPasswordValidator):
    def get_help_text(self):
        return "密码不能全是数字。"


class LongEnough(password_validation.MinimumLengthValidator):
    def get_help_text(self):
        return f"密码至少 {self.min_length} 个字符。"
