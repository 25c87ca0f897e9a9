// The SQL of the peers that write their own: a prepared statement for each page and for each batch of a loader.
import postgres from 'postgres';

import { connections, session } from './settings.mjs';

const BIGINT = 20;
const DATE = 1082;

const sql = postgres({
  max: connections,
  connection: session,
  types: {
    // Every number of this fixture is a safe integer, and a date is wanted as it is printed.
    number: { to: BIGINT, from: [BIGINT], serialize: String, parse: Number },
    date: { to: DATE, from: [DATE], serialize: String, parse: String },
  },
});

/** Japan's academic year, which begins in April. */
function academicYear(now) {
  const local = new Date(now.getTime() + 9 * 3600 * 1000);
  return local.getUTCFullYear() - (local.getUTCMonth() < 3 ? 1 : 0);
}

/** The columns of a student `s`, with the grade of an academic year. */
function student(year) {
  return sql`
    s.id, s.organization_id, s.school_code, s.uid, s.code, s.external_id as "externalId",
    s.first_name as "firstName", s.last_name as "lastName",
    s.first_name_kana as "firstNameKana", s.last_name_kana as "lastNameKana",
    to_char(s.start_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') as "startAt",
    to_char(s.end_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') as "endAt",
    s.date_of_birth as "dateOfBirth", s.demo, (
      select school_grade_value from student_years
      where student_id = s.id and academic_year <= ${year} order by academic_year desc limit 1
    ) as grade`;
}

/** Who is on the roster of an organization now. */
function onRoster(organization, now) {
  return sql`
    organization_id = (select id from organizations where code = ${organization})
    and locked_at is null and start_at <= ${now} and end_at >= ${now}
    and roster_years & (1::bigint << ${academicYear(now)}::integer - 2000) <> 0`;
}

export function studentPage(organization, page, per) {
  const now = new Date();
  return sql`
    select ${student(academicYear(now))}
    from (
      select id from students where ${onRoster(organization, now)}
      order by code, id limit ${per} offset ${(page - 1) * per}
    ) page join students s using (id)
    order by s.code, s.id`;
}

export async function studentCount(organization) {
  const [{ count }] = await sql`select count(*) from students where ${onRoster(organization, new Date())}`;
  return count;
}

export async function studentByUid(uid) {
  const [found] = await sql`
    select ${student(academicYear(new Date()))} from students s where s.uid = ${uid} and s.locked_at is null`;
  return found ?? null;
}

export function coursePage(first) {
  return sql`
    select id, code, name, abbreviation, seq, upper(category) as category, is_demo as "isDemo", subject_key, level_key,
      start_date as "startDate", end_date as "endDate"
    from courses order by seq, id limit ${first}`;
}

export function organizations(ids) {
  return sql`select id, id as "legacyId", code, name from organizations where id = any(${ids})`;
}

export function schools(codes) {
  return sql`
    select code, name, name_kana as "nameKana", prefecture_code from schools where code = any(${codes})`;
}

export function sections(students) {
  return sql`
    select student_id, code, name, abbreviation, seq from student_sections join sections on id = section_id
    where student_id = any(${students}) order by seq, id`;
}

export function groups(students) {
  return sql`
    select student_id, code, name, abbreviation, seq from student_groups join groups on id = group_id
    where student_id = any(${students}) order by seq, id`;
}

export function studentCourses(students) {
  return sql`
    select student_id, course_id, code, name, seq from enrollments e join courses c on c.id = e.course_id
    where student_id = any(${students}) order by seq, code, e.id`;
}

export function studentPackages(students) {
  return sql`
    select student_id, lesson_package_id, course_id, code, name, seq
    from student_lesson_packages join lesson_packages on id = lesson_package_id
    where student_id = any(${students}) order by seq, code`;
}

export function latestProgress(students) {
  return sql`
    select student_id, lesson_package_id,
      to_char(max(created_at) at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') as "createdAt"
    from progress_events where student_id = any(${students}) group by student_id, lesson_package_id`;
}

export function lessonPackages(courses) {
  return sql`
    select course_id, code, name, seq from lesson_packages where course_id = any(${courses}) order by seq, code`;
}
