-- What PostGraphile's users write for a rule that no filter of its own expresses: functions, which it shows as fields.
create schema peers;

-- Japan's academic year, which begins on 1 April.
create function peers.academic_year() returns integer language sql stable as $$
  select extract(year from (now() at time zone 'Asia/Tokyo') - interval '3 months')::integer
$$;
comment on function peers.academic_year() is '@behavior -*';

-- Pages are cut in here: PostGraphile's own `offset` makes PostgreSQL write the lists of all rows that it then skips.
create function peers.roster(organization_code text, page integer, per integer) returns setof public.students
language sql stable as $$
  select students.*
  from (
    select id from public.students
    where organization_id = (select id from public.organizations where code = organization_code)
      and locked_at is null and start_at <= now() and end_at >= now()
      and roster_years & (1::bigint << peers.academic_year() - 2000) <> 0
    order by code, id limit per offset (page - 1) * per
  ) cut join public.students using (id)
  order by code, id
$$;

create function peers.roster_count(organization_code text) returns integer language sql stable as $$
  select count(*)::integer from public.students
  where organization_id = (select id from public.organizations where code = organization_code)
    and locked_at is null and start_at <= now() and end_at >= now()
    and roster_years & (1::bigint << peers.academic_year() - 2000) <> 0
$$;

create function peers.person(uid text) returns public.students language sql stable as $$
  select * from public.students where students.uid = person.uid and locked_at is null
$$;
