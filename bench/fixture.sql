-- The data that is measured: 20 organizations, 200 sections, 200 groups, 5,000 schools, 100,000 students with two academic
-- years each, 60 courses of 10 packages, about a million packages that students have, and as many progress events.
-- And of Talktiko: 40 courses of 20 lessons with two trainings each, and for each twentieth student a course half done.
-- The numbers are far from those of the demo data, which a development server loads beside them.
-- A few in a hundred students are locked, out of their period, or not on this year's roster, as in any real table.

create function pg_temp.folded(value text) returns text language sql immutable as $$
  select translate(lower(normalize(value, NFKC)), 'ァィゥェォッャュョヮヵヶ', 'アイウエオツヤユヨワカケ')
$$;
-- Japan's academic year begins on 1 April.
create function pg_temp.this_year() returns integer language sql stable as $$
  select extract(year from (now() at time zone 'Asia/Tokyo') - interval '3 months')::integer
$$;

insert into organizations (id, parent_id, code, name, abbreviation, mindless_attractor, search_key, updated_at)
  select 9000 + i, case when i > 4 then 9001 + i % 4 end, 'org' || i, '組織' || i, '組' || i, i % 2 = 0,
    concat_ws(E'\n', 'org' || i, '組織' || i, '組' || i), timestamptz '2026-01-01'
  from generate_series(1, 20) i;

insert into sections (id, organization_id, code, name, abbreviation, seq, search_key, updated_at)
  select 90000 + (o - 1) * 10 + s, 9000 + o, 'K' || lpad(s::text, 3, '0'), '教室' || s, '教' || s, s,
    concat_ws(E'\n', 'k' || lpad(s::text, 3, '0'), '教室' || s, '教' || s), timestamptz '2026-01-01'
  from generate_series(1, 20) o, generate_series(1, 10) s;

insert into groups (id, organization_id, code, name, abbreviation, seq, search_key, updated_at)
  select 90000 + (o - 1) * 10 + s, 9000 + o, 'G' || lpad(s::text, 3, '0'), 'グループ' || s, 'グ' || s, s,
    concat_ws(E'\n', 'g' || lpad(s::text, 3, '0'), 'グループ' || s, 'グ' || s), timestamptz '2026-01-01'
  from generate_series(1, 20) o, generate_series(1, 10) s;

insert into prefectures (code, name) select i::text, '県' || i from generate_series(1, 47) i
  on conflict do nothing;

insert into schools (code, name, name_kana, establishment_type, prefecture_code, search_key, updated_at)
  select lpad(i::text, 6, '0'), '学校' || i, 'ガツコウ' || i, (array['national', 'public', 'private'])[1 + i % 3],
    (1 + i % 47)::text, '学校' || i, timestamptz '2026-01-01'
  from generate_series(1, 5000) i;

insert into school_grades (value, name)
  select i, (array['その他', '中1', '中2', '中3', '高1', '高2', '高3'])[i + 1] from generate_series(0, 6) i
  on conflict do nothing;

insert into users (id, uid, created_at)
  select 1000000 + i, 'auth0|' || md5(i::text), timestamptz '2025-04-01' from generate_series(1, 100000) i;

insert into students (
    id, uid, code, external_id, first_name, last_name, first_name_kana, last_name_kana, start_at, end_at, locked_at,
    organization_id, demo, roster_years, date_of_birth, school_code, kana_group, last_name_key, full_name_key, search_key, account_key,
    updated_at
  )
  select 1000000 + i, uid, code, external_id, first_name, last_name, first_kana, last_kana, timestamptz '2025-06-01 00:00:00+09',
    case when i % 67 = 0 then timestamptz '2025-12-31 23:59:59+09' else timestamptz '2999-12-31 23:59:59+09' end,
    case when i % 101 = 0 then timestamptz '2025-10-01 00:00:00+09' end,
    9001 + i % 20, i % 50 = 0,
    (1::bigint << pg_temp.this_year() - 2001) | case when i % 49 <> 0 then 1::bigint << pg_temp.this_year() - 2000 else 0 end,
    date '2006-04-02' + i % 2500, lpad((1 + i % 5000)::text, 6, '0'),
    (array['A', 'K', 'S', 'T', 'N', 'H', 'M', 'Y', 'R', 'W'])[1 + i % 10],
    pg_temp.folded(last_kana), pg_temp.folded(last_kana || ' ' || first_kana),
    pg_temp.folded(concat_ws(E'\n', code, external_id, last_name, first_name, last_kana, first_kana,
      last_name || first_name, last_name || ' ' || first_name, last_kana || first_kana, last_kana || ' ' || first_kana)),
    pg_temp.folded(uid || E'\n' || code), timestamptz '2026-01-01'
  from (
    select i, 'auth0|' || md5(i::text) as uid, 'S' || lpad(i::text, 7, '0') as code,
      'E' || lpad(i::text, 7, '0') as external_id, '名' || i as first_name, '姓' || i % 5000 as last_name,
      'メイ' || i as first_kana,
      (array['ア', 'カ', 'サ', 'タ', 'ナ', 'ハ', 'マ', 'ヤ', 'ラ', 'ワ'])[1 + i % 10] || 'セイ' as last_kana
    from generate_series(1, 100000) i
  ) named;

-- Everyone has last year's grade, and 49 of 50 this year's.
insert into student_years (student_id, academic_year, school_grade_value)
  select 1000000 + i, pg_temp.this_year() - ago, case when i % 7 = 0 then 0 else greatest(i % 7 - ago, 1) end
  from generate_series(1, 100000) i, generate_series(1, 0, -1) ago
  where ago = 1 or i % 49 <> 0;

insert into student_sections (student_id, section_id)
  select 1000000 + i, 90001 + (i % 20) * 10 + (i / 20) % 10 from generate_series(1, 100000) i;

insert into student_groups (student_id, group_id)
  select 1000000 + i, 90001 + (i % 20) * 10 + (i / 20 + shift) % 10 from generate_series(1, 100000) i, unnest(array[0, 3]) shift;

insert into subjects (key, name, seq)
  select key, name, seq from unnest(
    array['english', 'mathematics', 'japanese', 'physics', 'chemistry'], array['英語', '数学', '国語', '物理', '化学']
  ) with ordinality listed(key, name, seq)
  on conflict do nothing;

insert into levels (key, name, seq)
  select key, name, seq from unnest(
    array['entrance_exam_special', 'entrance_exam_advanced', 'entrance_exam_intermediate', 'pre_entrance_exam', 'other'],
    array['入試特別レベル', '入試上級レベル', '入試中級レベル', 'プレ入試レベル', 'その他']
  ) with ordinality listed(key, name, seq)
  on conflict do nothing;

insert into courses (
    id, code, name, abbreviation, seq, category, is_demo, subject_key, level_key, start_date, end_date, search_key, updated_at
  )
  select 9000 + i, 'C' || lpad(i::text, 4, '0'), '講座' || i, '講' || i, i,
    (array['packaged', 'external_app', 'recommended', 'atama_plus', 'others'])[1 + i % 5], i % 30 = 0,
    (array['english', 'mathematics', 'japanese', 'physics', 'chemistry'])[1 + i % 5],
    (array['entrance_exam_special', 'entrance_exam_advanced', 'entrance_exam_intermediate', 'pre_entrance_exam',
      'other'])[1 + i % 5],
    null, null, concat_ws(E'\n', 'c' || lpad(i::text, 4, '0'), '講座' || i, '講' || i), timestamptz '2026-01-01'
  from generate_series(1, 60) i;

insert into lesson_packages (id, course_id, code, name, seq, updated_at)
  select 90000 + (c - 1) * 10 + p, 9000 + c, 'C' || lpad(c::text, 4, '0') || 'P' || lpad(p::text, 2, '0'), 'パッケージ' || c || '-' || p, p,
    timestamptz '2026-01-01'
  from generate_series(1, 60) c, generate_series(1, 10) p;

insert into student_lesson_packages (student_id, lesson_package_id)
  select 1000000 + i, 90001 + (i * 7 + k * 61) % 600 from generate_series(1, 100000) i, generate_series(0, 9) k;

insert into enrollments (id, student_id, course_id, enrolled_at)
  select 10000000 + row_number() over (order by student_id, course_id), student_id, course_id,
    timestamptz '2025-06-01 00:00:00+09'
  from student_lesson_packages join lesson_packages on lesson_packages.id = lesson_package_id
  group by student_id, course_id;

insert into progress_events (id, student_id, lesson_package_id, verb, created_at)
  select 10000000 + row_number() over (order by student_id, lesson_package_id), student_id, lesson_package_id,
    'completed', timestamptz '2025-01-01' + (student_id - 1000000) % 300 * interval '1 day'
  from student_lesson_packages;

-- Two people to measure as: the owner of a parent organization, and a system operator who reaches everything.
insert into users (id, uid, created_at) values
  (2000001, 'auth0|bench-owner', timestamptz '2025-04-01'), (2000002, 'auth0|bench-operator', timestamptz '2025-04-01');

insert into staff (
    id, uid, code, external_id, first_name, last_name, first_name_kana, last_name_kana, start_at, end_at, updated_at
  )
  select id, uid, 'B' || id, 'B' || id, '名', '姓', 'メイ', 'セイ', timestamptz '2025-04-01',
    timestamptz '2999-12-31 23:59:59+09', timestamptz '2026-01-01'
  from users where id > 2000000;

insert into memberships (id, staff_id, organization_id, role)
  values (2000001, 2000001, 9001, 'cram_school_owner'), (2000002, 2000002, null, 'administrator');

insert into courses (
    id, code, slug, name, abbreviation, seq, origin, language, cefr_level, topic, description, published_at, lessons_count,
    is_demo, search_key, updated_at
  )
  select 9500 + i, 'EN' || lpad(i::text, 4, '0'), 'english-' || i, '英語' || i, '英' || i, 9500 + i, 'talktiko', 'en',
    (array['A1', 'A2', 'B1', 'B2'])[1 + i % 4], (array['daily', 'travel', 'business', 'exam'])[1 + i % 4],
    repeat('英語を話すための講座です。', 5), timestamptz '2025-04-01', 20, false,
    concat_ws(E'\n', 'en' || lpad(i::text, 4, '0'), '英語' || i, '英' || i), timestamptz '2026-01-01'
  from generate_series(1, 40) i;

insert into lessons (id, course_id, code, name, seq, updated_at)
  select 950000 + (c - 1) * 20 + l, 9500 + c, 'EN' || lpad(c::text, 4, '0') || 'L' || lpad(l::text, 2, '0'), 'Lesson ' || l, l,
    timestamptz '2026-01-01'
  from generate_series(1, 40) c, generate_series(1, 20) l;

insert into trainings (id, course_id, lesson_id, name, kind, seq, updated_at)
  select lessons.id * 10 + n, course_id, lessons.id, 'Training ' || n, 'vocabulary', n, timestamptz '2026-01-01'
  from lessons, generate_series(1, 2) n where lessons.id > 950000;

insert into lesson_progress (
    student_id, lesson_id, course_id, state, percent, best_score, attempts, completed_at, updated_at
  )
  select 1000000 + i, lessons.id, course_id, case when l % 2 = 0 then 'passed' else 'in_progress' end,
    case when l % 2 = 0 then 100 else 50 end, case when l % 2 = 0 then 0.8 end, 1,
    case when l % 2 = 0 then timestamptz '2026-01-01' + l * interval '1 hour' end, timestamptz '2026-01-01'
  from generate_series(20, 100000, 20) i, generate_series(1, 20) l
  join lessons on lessons.id = 950000 + l
  where exists (select from students where students.id = 1000000 + i);
