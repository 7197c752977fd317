-- Winner of each call: greatest by (has stop reason, line time, output, sha256 of the line), whole.
-- The source breaks the last tie, so that file order never matters.
create or replace temp table winners as
select * from (
    select * from incoming
    union all by name
    select r.* from requests r semi join incoming i on r.key = i.key
)
qualify row_number() over (
    partition by key
    order by has_stop desc, line_time_us desc, coalesce(output, 0) desc, line_sha256 desc, source_id
) = 1
