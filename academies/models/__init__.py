"""Records of the academies: who teaches what, when, to whom, and what came of it."""

from academies.models.academies import Academy, AcademyReview, Partner, ReportedTraining
from academies.models.attendance import Attendance, MakeUpRequest
from academies.models.courses import Course, CourseTeacher
from academies.models.enrolments import Enrolment, Feedback
from academies.models.lessons import Choice, Lesson, Material, Progress, Question, QuizAttempt
from academies.models.requests import ClassRequest
from academies.models.runs import CourseRun

__all__ = [
    "Academy",
    "AcademyReview",
    "Attendance",
    "Choice",
    "ClassRequest",
    "Course",
    "CourseRun",
    "CourseTeacher",
    "Enrolment",
    "Feedback",
    "Lesson",
    "MakeUpRequest",
    "Material",
    "Partner",
    "Progress",
    "Question",
    "QuizAttempt",
    "ReportedTraining",
]
