-- Sixty courses and the packages of all: fewer rows than a look into the index for each course would read.
with l as (
  select course_id, string_agg(
    '{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || ',"seq":' || seq || '}', ','
  ) as j
  from (select course_id, code, name, seq from lesson_packages order by course_id, seq, code) sorted
  group by course_id
)
select '{"data":{"courses":{"nodes":[' || coalesce((
    select string_agg(
      '{"code":' || to_json(c.code)::text || ',"name":' || to_json(c.name)::text || ',"abbreviation":'
      || to_json(c.abbreviation)::text || ',"seq":' || c.seq || ',"category":"' || upper(c.category)
      || '","isDemo":' || c.is_demo
      || ',"subject":' || coalesce('{"key":' || to_json(c.subject_key)::text || '}', 'null')
      || ',"level":' || coalesce('{"key":' || to_json(c.level_key)::text || '}', 'null')
      || ',"startDate":' || coalesce('"' || c.start_date || '"', 'null')
      || ',"endDate":' || coalesce('"' || c.end_date || '"', 'null')
      || ',"lessonPackages":[' || coalesce(l.j, '') || ']}',
      ',' order by c.seq, c.id
    )
    from (select * from courses order by seq, id limit 60) c left join l on l.course_id = c.id
  ), '') || ']}}}'
