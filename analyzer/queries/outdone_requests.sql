-- Drop what a greater line tells anew. Winner of each call, taken whole: greatest by (has stop reason,
-- on the main chain, line time, output, sha256 of the line). A side question repeats its parent's
-- messages under the same id: the main chain wins. Source and line break the last ties, so that file
-- order never matters. Incoming keys are unique (`analyzer.call_columns.winners`).
delete from requests r using incoming i
where r.key = i.key and r.connector = i.connector and (
    (i.has_stop, i.agent is null, i.line_time_us, coalesce(i.output, 0), i.line_sha256)
    > (r.has_stop, r.agent is null, r.line_time_us, coalesce(r.output, 0), r.line_sha256)
    or (
        (i.has_stop, i.agent is null, i.line_time_us, coalesce(i.output, 0), i.line_sha256)
        = (r.has_stop, r.agent is null, r.line_time_us, coalesce(r.output, 0), r.line_sha256)
        and (i.source_id, i.line) < (r.source_id, r.line)
    )
)
