"""`python -m bench`: requests per second, latency and CPU of the server beside the pass-through limit, in one run."""

from bench.command import Bench, run
from bench.contenders import CONTENDERS
from bench.documents import QUESTIONS
from bench.doors import DOORS

BENCH = Bench(
    title="python -m bench",
    about=str(__doc__),
    questions={**QUESTIONS, **DOORS},
    contenders=CONTENDERS,
    results="latest.json",
    contenders_are=": rest is a REST door, document what it asks, over GraphQL",
)

if __name__ == "__main__":
    run(BENCH)
