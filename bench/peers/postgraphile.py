"""The four questions in PostGraphile's words, and its answers brought into the shape of ours."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bench.contenders import Asked
from bench.documents import UNIT, Variables
from db.japan import JAPAN

Row = dict[str, Any]

PERSON = (
    "uid code externalId firstName lastName firstNameKana lastNameKana startAt endAt dateOfBirth demo"
    " years: studentYearsList(first: 1, orderBy: ACADEMIC_YEAR_DESC) { schoolGradeValue }"
    " school: schoolBySchoolCode { code name nameKana prefectureCode }"
    f" sections: sectionsByStudentSectionStudentIdAndSectionIdList(orderBy: [SEQ_ASC, ROW_ID_ASC]) {{ {UNIT} }}"
)
DOCUMENTS = {
    "Q1": f"""query Roster($organization: String!, $page: Int!) {{
      totalCount: peersRosterCount(organizationCode: $organization)
      nodes: peersRosterList(organizationCode: $organization, page: $page, per: 50) {{
        {PERSON}
        organization {{ code name rowId }}
        groups: groupsByStudentGroupStudentIdAndGroupIdList(orderBy: [SEQ_ASC, ROW_ID_ASC]) {{ {UNIT} }}
      }}
    }}""",
    "Q2": """query Deep($organization: String!, $page: Int!) {
      nodes: peersRosterList(organizationCode: $organization, page: $page, per: 20) {
        uid code
        packages: studentLessonPackagesList {
          lessonPackage { code seq course { code name seq } }
          progress: progressList(first: 1, orderBy: CREATED_AT_DESC) { createdAt }
        }
      }
    }""",
    "Q3": f"query Student($uid: String!) {{ student: peersPerson(uid: $uid) {{ {PERSON} }} }}",
    "Q4": """query Catalogue {
      courses: coursesList(first: 60, orderBy: [SEQ_ASC, ROW_ID_ASC]) {
        code name abbreviation seq category isDemo subjectKey levelKey startDate endDate
        lessonPackages: lessonPackagesList(orderBy: [SEQ_ASC, CODE_ASC]) { code name seq }
      }
    }""",
}


def in_its_words(question: Asked, variables: Variables) -> str:
    """The question by POST to /graphql, on one line."""
    body = {"query": " ".join(DOCUMENTS[question.name].split()), "variables": variables}
    return f"POST /graphql {json.dumps(body)}"


def in_our_shape(question: Asked, answer: object) -> object:
    """The same answer as the product gives it, so that the two can be held against each other."""
    if not isinstance(answer, Mapping):
        raise TypeError(f"{answer!r:.100} is no answer.")
    data: Row = answer["data"]
    match question.name:
        case "Q1":
            nodes = [member(each) for each in data["nodes"]]
            return {"data": {"students": {"totalCount": data["totalCount"], "nodes": nodes}}}
        case "Q2":
            return {"data": {"students": {"nodes": [learner(each) for each in data["nodes"]]}}}
        case "Q3":
            return {"data": {"student": data["student"] and person(data["student"])}}
        case _:
            return {"data": {"courses": {"nodes": [course(each) for each in data["courses"]]}}}


def member(row: Row) -> Row:
    """A student on a roster."""
    code, name, number = (row["organization"][key] for key in ("code", "name", "rowId"))
    return {**person(row), "organization": {"code": code, "name": name, "legacyId": int(number)}}


def person(row: Row) -> Row:
    """A student."""
    kept = {name: value for name, value in row.items() if name != "years"}
    grade = {"value": row["years"][0]["schoolGradeValue"]} if row["years"] else None
    moments = {name: moment(row[name]) for name in ("startAt", "endAt")}
    return {**kept, **moments, "schoolGrade": grade, "school": row["school"] and school(row["school"])}


def school(row: Row) -> Row:
    """A school."""
    kept = {name: value for name, value in row.items() if name != "prefectureCode"}
    return {**kept, "prefecture": {"code": row["prefectureCode"]}}


def learner(row: Row) -> Row:
    """A student with packages, which we show below their courses."""
    courses: dict[str, Row] = {}
    for each in sorted(row["packages"], key=place):
        package = each["lessonPackage"]
        found = courses.setdefault(package["course"]["code"], {**package["course"], "lessonPackages": []})
        latest = {"createdAt": moment(each["progress"][0]["createdAt"])} if each["progress"] else None
        found["lessonPackages"].append({"code": package["code"], "seq": package["seq"], "latestProgress": latest})
    return {"uid": row["uid"], "code": row["code"], "courses": list(courses.values())}


def place(row: Row) -> tuple[int, str, int, str]:
    """Where a student's package stands."""
    package = row["lessonPackage"]
    return package["course"]["seq"], package["course"]["code"], package["seq"], package["code"]


def course(row: Row) -> Row:
    """A course."""
    kept = {name: value for name, value in row.items() if name not in ("subjectKey", "levelKey")}
    category = row["category"] and row["category"].upper()
    subject, level = (row[name] and {"key": row[name]} for name in ("subjectKey", "levelKey"))
    return {**kept, "category": category, "subject": subject, "level": level}


def moment(text: str) -> str:
    """An instant as we print it."""
    return datetime.fromisoformat(text).astimezone(JAPAN).isoformat(timespec="seconds")
