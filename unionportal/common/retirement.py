"""When somebody retires under the gradual delay of the statutory age, in force since 1 January 2025.

国务院关于渐进式延迟法定退休年龄的办法 (approved by the Standing Committee of the National People's Congress on 13
September 2024). By month of birth: men of 60 and women of 55 retire one month later for every four months, to 63 and
58; women of 50 one month later for every two months, to 55. Who reached the old age before 2025 is not delayed.
"""

from datetime import date

# original age: (months of birth to one month of delay, most months of delay)
STEPS = {60: (4, 36), 55: (4, 36), 50: (2, 60)}
FIRST_DELAYED_YEAR = 2025


def delay_months(birth, original_age):
    """Return by how many months the retirement of somebody born on this date is delayed."""
    months_to_one, most = STEPS[original_age]
    first_born = FIRST_DELAYED_YEAR - original_age
    months = (birth.year - first_born) * 12 + birth.month - 1
    return min(months // months_to_one + 1, most) if months >= 0 else 0


def retirement_month(birth, original_age):
    """Return the first day of the month in which somebody of this original age (60, 55 or 50) retires."""
    months = (birth.year + original_age) * 12 + birth.month - 1 + delay_months(birth, original_age)
    return date(months // 12, months % 12 + 1, 1)
