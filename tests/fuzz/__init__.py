"""Hostile requests against the app as users run it: no 500, no unhandled exception, no stall of the event loop.

`make fuzz ARGS="--requests 20000 --seed 7"` sends so many, over REST, GraphQL and WebSockets, by all kinds of people,
on PostgreSQL and SQLite, in several processes. Each request is made of the seed and its own number alone: `--first 1234
--requests 1` sends that one again, and `--only rest` those of one kind. A fault is made small, printed as a curl line,
and gives the exit code 1.

What is a fault: a status of 500 or more (no database goes away here, and only billing says that it is not set up), an
exception that leaves the app, a record of level ERROR, a warning, an answer with the code INTERNAL or with words from
inside, an answer that says it is JSON and is none, no answer at all, and one step of the event loop that takes more
than 100 ms of its thread's own time, four times out of four. asyncio's own loop runs here instead of uvloop, since its
steps can be measured.

| file | what it has |
|---|---|
| `sent` | a request as plain data, and as a curl line |
| `people` | who asks: people, API tokens, nobody, and tokens that are wrong in every way that we know |
| `oddities` | hostile texts, numbers and JSON |
| `documents` | GraphQL: valid documents and mutations, the same mutated, and shapes that are meant to harm |
| `bodies` | bytes of bodies mutated |
| `doors` | every REST door of both dialects from its own table, with valid, nearly valid and hostile parameters |
| `makers` | which of these is made how often |
| `observing` | what is wrong with an answer; the log; how long the loop was held |
| `messages`, `websockets` | conversations on a WebSocket, frames that are none among them; how they may end |
| `inside`, `sockets` | two ways to the app: the ASGI call itself, and the server over a socket |
| `shrinking` | makes a faulty request small |
| `run`, `processes` | a run of many requests, and its report; several of them at once |

There is no OpenAPI description of the doors yet, so schemathesis would have nothing to read: the doors are data.
"""
