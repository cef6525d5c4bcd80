"""Craftsman academies (工匠学院): courses, runs, enrolment, attendance, completion.

Academy 工匠学院, Partner 共建单位, Course 课程, CourseTeacher 授课教师, CourseRun 班次, Lesson 课次, Material 课件, Question 试题,
Enrolment 报名, Attendance 考勤, MakeUpRequest 补签, Feedback 评价, ClassRequest 订单班. An hour of study (学时) is 45 minutes.
"""
