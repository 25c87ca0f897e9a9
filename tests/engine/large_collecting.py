"""What was collected on the large database: upstreams, each of which told something, and one that told very much."""

UPSTREAMS, OF_EACH, OF_BUSY = 2500, 12, 30_000
# The number that fields are asked for which find something by one.
BUSY = 2_000_000

# Every third one is somebody whom we do not know.
WHO = "case n % 3 when 0 then 'nobody' else (select uid from students where id >= n % 500 order by id limit 1) end"

COLLECTING = (
    f"""
insert into upstream_feeds (id, name, url, next_poll_at, created_at, updated_at)
select case n when 0 then {BUSY} else n end, 'u' || lpad(n::text, 4, '0'), 'https://example.com/',
    timestamptz '2026-11-01', timestamptz '2026-11-01', timestamptz '2026-11-01'
from generate_series(0, {UPSTREAMS}) n""",
    f"""
insert into collected_usage (source, external_id, uid, package_code, package_name, created_at, collected_at)
select name, n, {WHO}, 'code', 'name', timestamptz '2026-11-01' + n * interval '1 minute', timestamptz '2026-11-02'
from generate_series(1, {OF_EACH}) n, upstream_feeds order by n, upstream_feeds.id""",
    f"""
insert into collected_usage (source, external_id, uid, package_code, package_name, created_at, collected_at)
select name, n, {WHO}, 'code', 'name', timestamptz '2026-11-01' + n * interval '1 minute', timestamptz '2026-11-02'
from generate_series({OF_EACH} + 1, {OF_BUSY}) n, upstream_feeds where upstream_feeds.id = {BUSY} order by n""",
    "analyze upstream_feeds, collected_usage",
)
