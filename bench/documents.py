"""What is asked: the four documents, and the thousand bodies of each whose variables rotate."""

import hashlib
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Variables = dict[str, object]

BODIES = 1000
SEED = 42
OPERATION = re.compile(r"^query (\w+)", re.MULTILINE)
PAGES = 50
STUDENTS = 100_000

# What each of the two people reaches in the fixture, as organization numbers.
REACHED = {"auth0|bench-owner": (1, 8, 12, 16, 20), "auth0|bench-operator": tuple(range(1, 21))}

PERSON = (
    "uid code externalId firstName lastName firstNameKana lastNameKana startAt endAt dateOfBirth demo"
    " schoolGrade { value }"
)
SCHOOL = "school { code name nameKana prefecture { code } }"
UNIT = "code name abbreviation seq"

ROSTER = f"""query Roster($organization: String!, $page: Int!) {{
  students(organizationCode: $organization, page: $page, per: 50) {{
    totalCount
    nodes {{
      {PERSON}
      organization {{ code name legacyId }}
      {SCHOOL}
      sections {{ {UNIT} }}
      groups {{ {UNIT} }}
    }}
  }}
}}"""

DEEP = """query Deep($organization: String!, $page: Int!) {
  students(organizationCode: $organization, page: $page, per: 20) {
    nodes { uid code courses { code name seq lessonPackages { code seq latestProgress { createdAt } } } }
  }
}"""

STUDENT = f"""query Student($uid: String!) {{
  student(uid: $uid) {{
    {PERSON}
    {SCHOOL}
    sections {{ {UNIT} }}
  }}
}}"""

CATALOGUE = """query Catalogue {
  courses(first: 60) {
    nodes {
      code name abbreviation seq category isDemo subject { key } level { key } startDate endDate
      lessonPackages { code name seq }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Question:
    """One of the measured queries: its document, and how the variables of one body are drawn."""

    name: str
    title: str
    document: str
    draw: Callable[[random.Random, tuple[int, ...]], Variables]

    def variables(self, uid: str, *, bodies: int = BODIES) -> list[Variables]:
        """The variables of all bodies for this person, the same in every run."""
        source = random.Random(SEED)
        return [self.draw(source, REACHED[uid]) for _ in range(bodies)]

    @property
    def operation(self) -> str:
        """The name of the document's operation."""
        return str(OPERATION.findall(self.document)[0])

    def body(self, variables: Variables) -> str:
        """The body of a GraphQL request, on one line."""
        return json.dumps({"query": self.document, "operationName": self.operation, "variables": variables})


def a_page(source: random.Random, organizations: tuple[int, ...]) -> Variables:
    """A page of the roster of an organization in reach."""
    return {"organization": f"org{source.choice(organizations)}", "page": source.randint(1, PAGES)}


def a_student(source: random.Random, organizations: tuple[int, ...]) -> Variables:
    """A student of an organization in reach: number n belongs to organization n % 20 + 1."""
    number = source.randrange(20, STUDENTS, 20) + source.choice(organizations) - 1
    return {"uid": f"auth0|{hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()}"}


def nothing(_source: random.Random, _organizations: tuple[int, ...]) -> Variables:
    """No variables."""
    return {}


QUESTIONS = {
    "Q1": Question("Q1", "roster page, 50 students", ROSTER, a_page),
    "Q2": Question("Q2", "20 students, courses, packages, progress", DEEP, a_page),
    "Q3": Question("Q3", "one student by uid", STUDENT, a_student),
    "Q4": Question("Q4", "catalogue, 60 courses of 10 packages", CATALOGUE, nothing),
}
