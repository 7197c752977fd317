select
    (select count(*) from sources) as files,
    (select coalesce(sum(file_bytes), 0) from sources)::bigint as file_bytes,
    (select coalesce(sum(lines), 0) from sources)::bigint as lines,
    (select coalesce(sum(call_lines), 0) from sources)::bigint as call_lines,
    (select coalesce(sum(usage_like), 0) from sources)::bigint as usage_like,
    (select count(*) from counted) as kept
