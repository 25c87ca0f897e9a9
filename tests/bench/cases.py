"""What is asked of the fixture with few students: full pages, the last one, one beyond, and people of every state."""

import hashlib

from bench.documents import Variables

# Number 100 is current, 101 · 20 is locked, and 67 · 20 is out of its period; all are of organization 1.
NUMBERS = {"current": 100, "locked": 2020, "out of period": 1340}


def student(number: int) -> Variables:
    return {"uid": f"auth0|{hashlib.md5(str(number).encode()).hexdigest()}"}


PAGES = {"Q1": ("org1", (1, 2, 3, 9)), "Q2": ("org8", (1, 5, 6, 9))}
CASES: list[tuple[str, Variables]] = []
for name, (organization, pages) in PAGES.items():
    CASES += [(name, {"organization": organization, "page": page}) for page in pages]
CASES += [("Q3", student(number)) for number in (*NUMBERS.values(), 0)]
CASES += [("Q4", {})]
