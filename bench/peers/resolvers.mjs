// The resolvers of the peers that are told their schema, and the loaders of one request: a statement for each level.
import DataLoader from 'dataloader';

import * as rows from './rows.mjs';

/** A loader that finds one row for each key. */
function one(read, column) {
  return new DataLoader(async (keys) => {
    const found = new Map();
    for (const row of await read(keys)) found.set(row[column], row);
    return keys.map((key) => found.get(key) ?? null);
  });
}

/** A loader that finds all rows of each key. */
function many(read, column) {
  return new DataLoader(async (keys) => {
    const found = new Map(keys.map((key) => [key, []]));
    for (const row of await read(keys)) found.get(row[column]).push(row);
    return keys.map((key) => found.get(key));
  });
}

/** The courses of students, each with those of its packages that the student has: two statements at once. */
async function coursesWithPackages(students) {
  const [courses, packages] = await Promise.all([rows.studentCourses(students), rows.studentPackages(students)]);
  const found = new Map(students.map((student) => [student, new Map()]));
  for (const course of courses) found.get(course.student_id).set(course.course_id, { ...course, lessonPackages: [] });
  for (const one of packages) found.get(one.student_id).get(one.course_id)?.lessonPackages.push(one);
  return students.map((student) => [...found.get(student).values()]);
}

/** The latest progress of students, by lesson package. */
async function progressByPackage(students) {
  const found = new Map(students.map((student) => [student, new Map()]));
  for (const row of await rows.latestProgress(students)) found.get(row.student_id).set(row.lesson_package_id, row);
  return students.map((student) => found.get(student));
}

export function context() {
  return {
    organizations: one(rows.organizations, 'id'),
    schools: one(rows.schools, 'code'),
    sections: many(rows.sections, 'student_id'),
    groups: many(rows.groups, 'student_id'),
    courses: new DataLoader(coursesWithPackages),
    progress: new DataLoader(progressByPackage),
    lessonPackages: many(rows.lessonPackages, 'course_id'),
  };
}

export const resolvers = {
  Query: {
    students: (_, asked) => asked,
    student: (_, { uid }) => rows.studentByUid(uid),
    courses: async (_, { first }) => ({ nodes: await rows.coursePage(first) }),
  },
  StudentConnection: {
    totalCount: ({ organizationCode }) => rows.studentCount(organizationCode),
    nodes: ({ organizationCode, page, per }) => rows.studentPage(organizationCode, page, per),
  },
  Student: {
    schoolGrade: ({ grade }) => (grade === null ? null : { value: grade }),
    organization: (student, _, load) => load.organizations.load(student.organization_id),
    school: (student, _, load) => (student.school_code === null ? null : load.schools.load(student.school_code)),
    sections: (student, _, load) => load.sections.load(student.id),
    groups: (student, _, load) => load.groups.load(student.id),
    courses: (student, _, load) => load.courses.load(student.id),
  },
  School: {
    prefecture: ({ prefecture_code }) => ({ code: prefecture_code }),
  },
  StudentLessonPackage: {
    latestProgress: async (one, _, load) => (await load.progress.load(one.student_id)).get(one.lesson_package_id) ?? null,
  },
  Course: {
    subject: ({ subject_key }) => (subject_key === null ? null : { key: subject_key }),
    level: ({ level_key }) => (level_key === null ? null : { key: level_key }),
    lessonPackages: (course, _, load) => load.lessonPackages.load(course.id),
  },
};
