// A front end's documents, typed from schema.graphql. Each @ts-expect-error is a mistake that the types must catch.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { graphql, useFragment, type FragmentType } from './generated';

const Person = graphql(`
  fragment Person on Student {
    code
    lastName
    dateOfBirth
    schoolGrade {
      value
    }
    school {
      name
      prefecture {
        code
      }
    }
  }
`);

const Roster = graphql(`
  query Roster($organization: String!, $filter: StudentFilter, $first: Int) {
    students(organizationCode: $organization, filter: $filter, first: $first) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        ...Person
        sections {
          name
        }
      }
    }
  }
`);

const Change = graphql(`
  mutation Change($code: String!, $on: Date!) {
    updateMySchoolProfile(schoolCode: $code, dateOfBirth: $on) {
      student {
        ...Person
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`);

const Events = graphql(`
  subscription Events($types: [EventType!], $after: String) {
    eventStream(types: $types, after: $after) {
      seq
      type
      occurredAt
      data
      student {
        ...Person
      }
    }
  }
`);

export const asked: VariablesOf<typeof Roster> = { organization: 'sundai', filter: { keyword: 'たか' }, first: 50 };
// @ts-expect-error: the organization is missing
export const forgotten: VariablesOf<typeof Roster> = { first: 50 };
// @ts-expect-error: a filter has no such member
export const misspelt: VariablesOf<typeof Roster> = { organization: 'sundai', filter: { keywords: 'たか' } };

export function line(found: FragmentType<typeof Person>): string {
  const { code, lastName, dateOfBirth, school } = useFragment(Person, found);
  // @ts-expect-error: a student may have no school
  school.name;
  // @ts-expect-error: what is not asked for is not there
  school?.nameKana;
  const born: string | null | undefined = dateOfBirth;
  return `${code} ${lastName} ${born ?? '-'} ${school?.name ?? '-'}`;
}

export function lines({ students }: ResultOf<typeof Roster>): string[] {
  const many: number = students.totalCount;
  return [`${many}`, ...students.nodes.map(line), students.pageInfo.endCursor ?? 'the end'];
}

export function mistakes({ updateMySchoolProfile }: ResultOf<typeof Change>): string[] {
  const { student, userErrors } = updateMySchoolProfile;
  return student ? [line(student)] : userErrors.map(({ field, message }) => `${field?.join('.') ?? ''}: ${message}`);
}

export const followed: VariablesOf<typeof Events> = { types: ['STUDENT_UPDATED'], after: '12' };
// @ts-expect-error: there is no such event
export const unheard: VariablesOf<typeof Events> = { types: ['STUDENT_PRAISED'] };

export function happened({ eventStream }: ResultOf<typeof Events>): string {
  const { seq, type, student } = eventStream;
  // @ts-expect-error: what changed is anything, until somebody looks
  eventStream.data.changed;
  return `${seq} ${type === 'STUDENT_UPDATED' ? 'changed' : type} ${student ? line(student) : ''}`;
}
