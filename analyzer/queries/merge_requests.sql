-- Winner of each call, taken whole: greatest by (has stop reason, on the main chain, line time, output,
-- sha256 of the line). A side question repeats its parent's messages under the same id: the main chain
-- wins. Source and line break the last ties, so that file order never matters.
create or replace temp table winners as
select * from (
    select * from incoming
    union all by name
    select r.* from requests r semi join incoming i on r.key = i.key
)
qualify row_number() over (
    partition by key
    order by
        has_stop desc, agent is null desc, line_time_us desc, coalesce(output, 0) desc,
        line_sha256 desc, source_id, line
) = 1
