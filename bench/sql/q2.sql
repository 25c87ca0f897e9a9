-- $1 organization code, $2 rows to skip, $3 academic year, $4 now
-- What is joined into lists is sorted before it is grouped: a sort within each of 200 small groups costs far more.
with o as materialized (select id from organizations where code = $1),
p as materialized (
  select s.id, s.uid, s.code from (
    select id from students
    where organization_id = (select id from o) and locked_at is null and start_at <= $4 and end_at >= $4
      and roster_years & (select 1::bigint << $3 - 2000) <> 0
    order by code, id limit 20 offset $2
  ) page join students s using (id)
),
g as materialized (
  select student_id, lesson_package_id, max(created_at) as created_at from progress_events
  where student_id = any(array(select id from p)) group by student_id, lesson_package_id
),
k as (
  select student_id, course_id, string_agg(j, ',') as j from (
    select sp.student_id, l.course_id, '{"code":' || to_json(l.code)::text || ',"seq":' || l.seq
      || ',"latestProgress":' || coalesce(
        '{"createdAt":"' || to_char(g.created_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS') || '+09:00"}',
        'null'
      ) || '}' as j
    from student_lesson_packages sp
      join lesson_packages l on l.id = sp.lesson_package_id
      left join g on g.student_id = sp.student_id and g.lesson_package_id = sp.lesson_package_id
    where sp.student_id = any(array(select id from p))
    order by sp.student_id, l.course_id, l.seq, l.code
  ) sorted group by student_id, course_id
),
cu as materialized (
  select id, seq, code,
    '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"seq":' || seq || ',"lessonPackages":[' as j
  from courses
),
c as (
  select student_id, string_agg(j, ',') as j from (
    select e.student_id, cu.j || coalesce(k.j, '') || ']}' as j
    from enrollments e
      join cu on cu.id = e.course_id
      left join k on k.student_id = e.student_id and k.course_id = e.course_id
    where e.student_id = any(array(select id from p))
    order by e.student_id, cu.seq, cu.code, e.id
  ) sorted group by student_id
)
select '{"data":{"students":{"nodes":[' || coalesce((
    select string_agg(
      '{"uid":' || to_json(p.uid)::text || ',"code":' || to_json(p.code)::text
      || ',"courses":[' || coalesce(c.j, '') || ']}',
      ',' order by p.code, p.id
    )
    from p left join c on c.student_id = p.id
  ), '') || ']}}}'
