-- One row a billed call, numbered as in calls.sql: what names it, its line and its file, and what of its settings
-- only a contract asks for.
with ordered as (
    select *, row_number() over (order by coalesce(start_us, end_us) nulls last, key) - 1 as request
    from counted
)
select
    o.request::bigint as request, o.key, s.connector, s.sha256 as source, lower(hex(o.line_sha256)) as line_sha256,
    o.effort, lower(hex(o.system_end)) as prompt_hash
from ordered o left join sources s on s.source_id = o.source_id
order by request
