"""A graph without its first wall: no row is kept back but by the policies of PostgreSQL."""

from dataclasses import replace

from graphql import GraphQLObjectType
from sqlalchemy import not_, or_

from db.json_text import Expression
from db.predicates import Columns, Condition, everything
from resolvers.courses import COURSE_IN_SIGHT
from resolvers.engine.declare import Bind, Check, Lookup, Relation
from resolvers.engine.selection import DECLARED
from resolvers.learners import LEARNER_IN_REACH
from resolvers.organizations import ORGANIZATION_IN_REACH
from resolvers.policy import Position, Standing
from resolvers.scopes import compliance_rows, staff_rows
from schema.root import Graph

UNLIMITED = Standing(frozenset({Position.ADMINISTRATOR}), demo=False)
# What these find is a row in sight. ORGANIZATION_OWN is none of them: which organization notices may be asked for is a
# rule about an argument, and narrower than which organizations are seen.
FINDING = (ORGANIZATION_IN_REACH, COURSE_IN_SIGHT, LEARNER_IN_REACH)


def unscoped(graph: Graph) -> Graph:
    """Take every scope out of a graph: those of types, of rows that checks find, and of rows that filters look up."""
    types = {name: replace(mapped, scope=all_rows) for name, mapped in graph.engine.types.items()}
    member = replace(types["Member"], scope=but_ones_own_roles)
    document = replace(types["ComplianceDocument"], scope=but_what_is_missing)
    graph.engine.types = {**types, "Member": member, "ComplianceDocument": document}
    for type_ in graph.schema.type_map.values():
        for definition in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            declared = definition.extensions.get(DECLARED)
            if isinstance(declared, Relation):
                definition.extensions[DECLARED] = without_scopes(declared)
    return graph


def all_rows(_standing: Standing, _columns: Columns) -> Condition:
    """Every row."""
    return everything()


def but_ones_own_roles(standing: Standing, columns: Columns) -> Condition:
    """Every row, but for demo tokens of people who are none: of these `account` tells, so the policies show them.

    The list of members leaves them out, and no policy can know for what a row is read.
    """
    return or_(columns["demo"], not_(staff_rows(standing, columns))) if standing.demo else everything()


def but_what_is_missing(standing: Standing, columns: Columns) -> Condition:
    """Every row, but for documents that are not there: nothing is kept of them that a policy could hide."""
    return or_(compliance_rows(standing, columns), columns["status"] != "missing")


def without_scopes(relation: Relation) -> Relation:
    """The relation as if whoever asks saw everything."""
    filters = [unlimited_lookup(one) if isinstance(one, Lookup) else one for one in relation.filters]
    checks = [unlimited_check(one) if one in FINDING else one for one in relation.checks]
    return replace(relation, filters=tuple(filters), checks=tuple(checks))


def unlimited_lookup(lookup: Lookup) -> Lookup:
    """The filter, looking at all rows."""

    def predicate(_standing: Standing, columns: Columns, value: Expression) -> Condition:
        return lookup.predicate(UNLIMITED, columns, value)

    return replace(lookup, predicate=predicate)


def unlimited_check(check: Check) -> Check:
    """The check, finding any row."""

    def value(_standing: Standing, bind: Bind) -> Expression:
        return check.value(UNLIMITED, bind)

    return replace(check, value=value)
