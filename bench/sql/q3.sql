-- $1 uid, $2 academic year
select '{"data":{"student":' || coalesce((
    select '{"uid":' || to_json(s.uid)::text || ',"code":' || to_json(s.code)::text
      || ',"externalId":' || to_json(s.external_id)::text
      || ',"firstName":' || to_json(s.first_name)::text || ',"lastName":' || to_json(s.last_name)::text
      || ',"firstNameKana":' || to_json(s.first_name_kana)::text || ',"lastNameKana":' || to_json(s.last_name_kana)::text
      || ',"startAt":"' || to_char(s.start_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS')
      || '+09:00","endAt":"' || to_char(s.end_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS') || '+09:00"'
      || ',"dateOfBirth":' || coalesce('"' || s.date_of_birth || '"', 'null') || ',"demo":' || s.demo
      || ',"schoolGrade":' || coalesce((
        select '{"value":' || y.school_grade_value || '}' from student_years y
        where y.student_id = s.id and y.academic_year <= $2 order by y.academic_year desc limit 1
      ), 'null')
      || ',"school":' || coalesce((
        select '{"code":' || to_json(c.code)::text || ',"name":' || to_json(c.name)::text || ',"nameKana":'
          || to_json(c.name_kana)::text || ',"prefecture":{"code":' || to_json(c.prefecture_code)::text || '}}'
        from schools c where c.code = s.school_code
      ), 'null')
      || ',"sections":[' || coalesce((
        select string_agg(
          '{"code":' || to_json(e.code)::text || ',"name":' || to_json(e.name)::text || ',"abbreviation":'
          || to_json(e.abbreviation)::text || ',"seq":' || e.seq || '}',
          ',' order by e.seq, e.id
        )
        from student_sections x join sections e on e.id = x.section_id where x.student_id = s.id
      ), '') || ']}'
    from students s where s.uid = $1 and s.locked_at is null
  ), 'null') || '}}'
