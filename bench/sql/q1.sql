-- $1 organization code, $2 rows to skip, $3 academic year, $4 now
-- The page and the count read the index alone. The text of a section or group is made once, not once for each of its
-- students. What is joined into lists is sorted before it is grouped: a sort within each group costs more than one of all.
with o as materialized (
  select id, '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"legacyId":' || id || '}' as j
  from organizations where code = $1
),
y as materialized (select 1::bigint << $3 - 2000 as bit),
k as materialized (
  select id from students
  where organization_id = (select id from o) and locked_at is null and start_at <= $4 and end_at >= $4
    and roster_years & (select bit from y) <> 0
  order by code, id limit 50 offset $2
),
p as materialized (select s.* from k join students s using (id)),
sx as materialized (select student_id, section_id from student_sections where student_id = any(array(select id from p))),
su as materialized (
  select id, seq, '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"abbreviation":'
    || to_json(abbreviation)::text || ',"seq":' || seq || '}' as j
  from sections where id = any(array(select section_id from sx))
),
se as (
  select student_id, string_agg(j, ',') as j
  from (select sx.student_id, su.j from sx join su on su.id = sx.section_id order by sx.student_id, su.seq, su.id) sorted
  group by student_id
),
gx as materialized (select student_id, group_id from student_groups where student_id = any(array(select id from p))),
gu as materialized (
  select id, seq, '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"abbreviation":'
    || to_json(abbreviation)::text || ',"seq":' || seq || '}' as j
  from groups where id = any(array(select group_id from gx))
),
gr as (
  select student_id, string_agg(j, ',') as j
  from (select gx.student_id, gu.j from gx join gu on gu.id = gx.group_id order by gx.student_id, gu.seq, gu.id) sorted
  group by student_id
),
sc as (
  select code, '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"nameKana":'
    || to_json(name_kana)::text || ',"prefecture":{"code":' || to_json(prefecture_code)::text || '}}' as j
  from schools where code = any(array(select school_code from p))
)
select '{"data":{"students":{"totalCount":' || (
    select count(*) from students
    where organization_id = (select id from o) and locked_at is null and start_at <= $4 and end_at >= $4
      and roster_years & (select bit from y) <> 0
  ) || ',"nodes":[' || coalesce((
    select string_agg(
      '{"uid":' || to_json(s.uid)::text || ',"code":' || to_json(s.code)::text
      || ',"externalId":' || to_json(s.external_id)::text
      || ',"firstName":' || to_json(s.first_name)::text || ',"lastName":' || to_json(s.last_name)::text
      || ',"firstNameKana":' || to_json(s.first_name_kana)::text || ',"lastNameKana":' || to_json(s.last_name_kana)::text
      || ',"startAt":"' || to_char(s.start_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS')
      || '+09:00","endAt":"' || to_char(s.end_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS') || '+09:00"'
      || ',"dateOfBirth":' || coalesce('"' || s.date_of_birth || '"', 'null') || ',"demo":' || s.demo
      || ',"schoolGrade":' || coalesce((
        select '{"value":' || y.school_grade_value || '}' from student_years y
        where y.student_id = s.id and y.academic_year <= $3 order by y.academic_year desc limit 1
      ), 'null')
      || ',"organization":' || (select j from o) || ',"school":' || coalesce(sc.j, 'null')
      || ',"sections":[' || coalesce(se.j, '') || '],"groups":[' || coalesce(gr.j, '') || ']}',
      ',' order by s.code, s.id
    )
    from p s
      left join sc on sc.code = s.school_code
      left join se on se.student_id = s.id
      left join gr on gr.student_id = s.id
  ), '') || ']}}}'
