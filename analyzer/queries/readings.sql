-- What was taken from some paths, each time it was read. A file without calls is settled only when a
-- known format read every line of it; a log whose side objects had not arrived yet is read again.
select
    path, source_id, connector, sha256, file_bytes,
    missing = 0 and (
        calls > 0 or (
            connector <> 'unknown' and lines > 0
            and source_id not in (select r.source_id from reasons r where r.kind = 'fault')
        )
    ) as usable
from sources
where path in (select unnest(?::varchar[]))
