"""What is learned on the large database: English courses, and twenty thousand learners, made by PostgreSQL itself."""

COURSES, LESSONS, TRAININGS, ITEMS = 40, 60, 2, 4

# Courses 1 to 40 by number, each with a subject, a level and a lesson package; and one course of Diverse has lessons.
LEARNING = (
    f"""
insert into courses (id, code, name, abbreviation, seq, origin, slug, cefr_level, language, topic, published_at,
    lessons_count, subject_key, level_key, search_key, updated_at)
select 2000000 + n, 'EN' || n, 'English ' || n, 'E' || n, n, 'talktiko', 'english-' || n, 'B1', 'en', 'travel',
    timestamptz '2026-01-01', {LESSONS}, 'english', 'pre_entrance_exam', 'english' || n, timestamptz '2026-01-01'
from generate_series(1, {COURSES}) n""",
    """
insert into lesson_packages (course_id, code, name, seq, updated_at)
select id, code || 'P', name, 1, updated_at from courses where id > 2000000""",
    f"""
insert into lessons (id, course_id, code, name, seq, updated_at)
select 2000000 + c * {LESSONS} + n, 2000000 + c, 'EN' || c || '-' || n, 'Lesson', n, timestamptz '2026-01-01'
from generate_series(1, {COURSES}) c, generate_series(1, {LESSONS}) n""",
    """
insert into lessons (course_id, code, name, seq, updated_at)
select id, code || '-1', 'Lesson', 1, updated_at from courses where origin = 'diverse'""",
    f"""
insert into trainings (id, course_id, lesson_id, name, kind, seq, updated_at)
select 2000000 + (id - 2000000) * {TRAININGS} + n, course_id, id, 'Training', 'vocabulary', n, updated_at
from lessons, generate_series(1, {TRAININGS}) n where id > 2000000""",
    f"""
insert into training_items (course_id, lesson_id, training_id, type, skill, seq, payload, solution, updated_at)
select course_id, lesson_id, id, 'gap_fill', 'grammar', n, '{{"text": "a ___"}}', '"b"', updated_at
from trainings, generate_series(1, {ITEMS}) n""",
    f"""
insert into enrollments (student_id, course_id, enrolled_at)
select id, 2000001 + id % {COURSES}, timestamptz '2026-04-01' from students""",
    """
insert into learners (student_id, xp, level, streak, streak_until, longest_streak, last_active_on, cefr_level)
select id, id % 5000, 3, 4, timestamptz '2026-11-25', 9, date '2026-11-23', 'B1' from students""",
    f"""
insert into lesson_progress (student_id, lesson_id, course_id, state, percent, best_score, attempts, updated_at)
select students.id, lessons.id, lessons.course_id, 'in_progress', 50, 0.5, 1, timestamptz '2026-11-01'
from students join lessons on lessons.course_id = 2000001 + students.id % {COURSES} where lessons.seq <= 5""",
    """
insert into activity (student_id, granularity, period, duration_ms, xp, lessons_completed, courses_completed,
    items_answered, items_correct)
select id, 'day', date '2026-10-01' + n, 600000, 50, 1, 0, 10, 8 from students, generate_series(1, 30) n""",
    f"""
insert into activity (student_id, course_id, granularity, period, duration_ms, xp, lessons_completed,
    courses_completed, items_answered, items_correct)
select id, 2000001 + id % {COURSES}, 'day', date '2026-10-18' + n, 600000, 50, 1, 0, 10, 8
from students, generate_series(1, 3) n""",
    """
insert into cefr_skills (student_id, skill, level, score, assessed_at)
select id, skill, 'B1', 70, timestamptz '2026-11-01'
from students, unnest(array['listening', 'reading', 'grammar']) skill""",
    """
insert into cefr_changes (student_id, skill, level, score, assessed_at)
select student_id, skill, level, score, assessed_at from cefr_skills""",
    "insert into achievements select * from (values ('large', 'large', 'large', 99)) one",
    """
insert into learner_achievements (student_id, achievement_code, earned_on)
select id, 'large', date '2026-11-01' from students""",
    """
insert into api_tokens (user_id, name, digest, abilities, created_at)
select id, 'token', sha256(uid::bytea), '["*"]', timestamptz '2026-11-01' from users, generate_series(1, 2)""",
    # The first things that ever happened are Talktiko's: the usage feed has to come past them.
    """
insert into progress_events (id, student_id, course_id, verb, occurred_at, local_day, created_at)
select n, students.id, 2000001, 'completed', timestamptz '2026-01-01', date '2026-01-01', timestamptz '2026-01-01'
from generate_series(1, 50000) n, (select min(id) as id from students) students""",
    """
analyze courses, lesson_packages, lessons, trainings, training_items, enrollments, learners, lesson_progress, activity,
    cefr_skills, cefr_changes, learner_achievements, api_tokens, progress_events""",
)
