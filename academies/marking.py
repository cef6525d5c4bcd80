"""The on-line exam: the questions as they are put, and the mark. Pure: no database, no Django."""

from decimal import Decimal
from fractions import Fraction

from unionportal.common.ranking import round_half_up

FULL = 100


def put(questions, random):
    """Return questions in the order in which one attempt puts them, their choices mixed too.

    A question is {"id", "kind", "text", "points", "explanation", "choices": [{"id", "text", "is_right"}]}. What is
    true or false keeps its order: nobody expects 错误 before 正确.
    """
    mixed = random.sample(questions, len(questions))
    return [
        question
        if question["kind"] == "true_false"
        else question | {"choices": random.sample(question["choices"], len(question["choices"]))}
        for question in mixed
    ]


def without_answers(questions):
    """Return what somebody who has not handed in may see of questions: neither what is right nor why."""
    return [
        {
            "id": question["id"],
            "kind": question["kind"],
            "text": question["text"],
            "points": question["points"],
            "choices": [{"id": choice["id"], "text": choice["text"]} for choice in question["choices"]],
        }
        for question in questions
    ]


def tidy(questions, answers):
    """Return {question: [choices]} of the answers that belong to these questions; one choice where one is asked."""
    found = {}
    for question in questions:
        offered = [choice["id"] for choice in question["choices"]]
        given = answers.get(str(question["id"]), [])
        chosen = [choice for choice in offered if choice in given]
        if chosen and (question["kind"] == "multiple" or len(chosen) == 1):
            found[str(question["id"])] = sorted(chosen)
    return found


def is_right(question, chosen):
    """Tell whether exactly the right choices were made."""
    return {choice["id"] for choice in question["choices"] if choice["is_right"]} == set(chosen)


def mark(questions, answers):
    """Return the mark out of 100, to two places: exact shares of the points, rounded once."""
    points = {question["id"]: Fraction(Decimal(question["points"])) for question in questions}
    earned = sum(
        points[question["id"]]
        for question in questions
        if is_right(question, answers.get(str(question["id"]), []))
    )
    return round_half_up(Fraction(earned) * FULL / sum(points.values()), 2)
