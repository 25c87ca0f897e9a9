"""Rules of courses, lessons, schools and what students take: how lists are filtered, and which course is named."""

from db.courses import course_in, named_course, published_or_not
from db.json_text import Expression
from db.organizations import with_code
from db.predicates import Columns, Condition, among, contains
from db.students import of_student
from db.students import takes_category as in_category
from resolvers.engine.declare import Bind, Check, Filter, Given, Lookup, Switch
from resolvers.errors import NotFound
from resolvers.organizations import CODE, LEGACY_ID
from resolvers.policy import Standing
from resolvers.scopes import course_rows
from resolvers.text import keyword, text, texts

COURSE = "course"


def named_in_sight(standing: Standing, key: Expression) -> Expression:
    """The id of the course that a text names among those in sight."""
    return named_course(key, lambda columns: course_rows(standing, columns))


def takes_category(standing: Standing, columns: Columns, category: Expression) -> Condition:
    """Students enrolled in a course of a category, as far as the viewer sees the course."""
    return in_category(columns, category, lambda courses: course_rows(standing, courses))


COURSE_FILTERS = (
    Filter("filter.keyword", lambda c, value: contains(c["search_key"], value), keyword),
    Filter("filter.categories", lambda c, value: among(c["category"], value), texts("categories")),
    Filter("filter.subjects", lambda c, value: among(c["subject_key"], value), texts("subjects")),
    Filter("filter.levels", lambda c, value: among(c["level_key"], value), texts("levels")),
    Switch("filter.excludeDemo", True, lambda c: ~c["is_demo"]),
    Filter("filter.origin", lambda c, value: c["origin"] == value),
    Filter("filter.language", lambda c, value: c["language"] == value, text),
    Filter("filter.cefrLevel", lambda c, value: c["cefr_level"] == value),
    Filter("filter.topic", lambda c, value: c["topic"] == value, text),
    Filter("filter.published", published_or_not),
    Filter("filter.updatedSince", lambda c, value: c["updated_at"] >= value),
)
PUBLIC_COURSE_FILTERS = tuple(
    f for f in COURSE_FILTERS if f.argument.removeprefix("filter.") in ("keyword", "language", "cefrLevel")
)
ONE_COURSE = (
    Filter("code", lambda c, value: c["code"] == value, text),
    Lookup("key", lambda standing, c, value: c["id"] == named_in_sight(standing, value), text),
    Filter("origin", lambda c, value: c["origin"] == value),
)
ONE_PUBLIC_COURSE = (Filter("slug", lambda c, value: c["slug"] == value, text),)
STUDENT_COURSE_FILTERS = (
    Filter("category", lambda c, value: c["category"] == value),
    Filter("origin", lambda c, value: c["origin"] == value),
)
ENROLLMENT_FILTERS = (Filter("completed", lambda c, value: c["completed_at"].is_not(None) == value),)

OF_COURSE = Lookup(COURSE, lambda standing, c, value: c["course_id"] == named_in_sight(standing, value), text)
# Over all students within reach; of which organization a student is, the enrollment does not say itself.
ALL_ENROLLMENT_FILTERS = (
    Filter(CODE, lambda c, value: of_student(c["student_id"], lambda s: with_code(s["organization_id"], value)), text),
    Filter(LEGACY_ID, lambda c, value: of_student(c["student_id"], lambda s: s["organization_id"] == value)),
    OF_COURSE,
    *ENROLLMENT_FILTERS,
    Filter("completedFrom", lambda c, value: c["completed_at"] >= value),
    Filter("completedTo", lambda c, value: c["completed_at"] <= value),
)
LESSON_FILTERS = (OF_COURSE,)
TRAINING_FILTERS = (OF_COURSE, Filter("lessonLegacyId", lambda c, value: c["lesson_id"] == value))
ITEM_FILTERS = (
    Filter("type", lambda c, value: c["type"] == value),
    Filter("trainingLegacyId", lambda c, value: c["training_id"] == value),
)
ITEMS_BELOW_FILTERS = ITEM_FILTERS[:1]


def course_in_sight(standing: Standing, bind: Bind) -> Expression:
    """The id of the named course where the viewer sees it."""
    return course_in(bind(COURSE), lambda columns: course_rows(standing, columns))


def refuse_course(found: object, given: Given, _standing: Standing) -> None:
    """A course that is named is there; one that is not in sight is not, as far as the viewer learns."""
    if given.get(COURSE) is not None and found is None:
        raise NotFound("There is no such course.", reason="course_unknown", field=COURSE)


COURSE_IN_SIGHT = Check("course_found", course_in_sight, refuse_course)


def prefecture(code: str) -> str:
    """A prefecture's code as the tables keep it: "01" and "1" are both Hokkaido."""
    return text(code).lstrip("0")


SCHOOL_FILTERS = (
    Filter("name", lambda c, value: contains(c["search_key"], value), keyword),
    Filter("prefectureCode", lambda c, value: c["prefecture_code"] == value, prefecture),
)
