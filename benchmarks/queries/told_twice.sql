-- Calls told by two sources each, 137 ms apart: usage lines with the provider's id, and a gateway's
-- rows that know the same id (`shared`) or an id of their own. Its clock lags by up to 400 ms.
insert into requests by name
with drawn as (
    select
        i, 1790000000000000 + i * 137000 as at_us, 20 + hash(i) % 700 as uncached,
        3000 * (hash(i, 1) % 50) as read, 200 * (hash(i, 2) % 30) as written,
        30 + hash(i, 3) % $outputs as output,
        case when i % 4 = 0 then 'claude-haiku-4-5' else 'claude-opus-4-8' end as model
    from range($calls) as drawn(i)
), told as (
    select *, unnest(['messages', 'litellm']) as connector from drawn
)
select
    case when connector = 'messages' or $shared then 'message:' || message_id
        else 'gateway:' || gateway_id end as key,
    connector as source_id, * exclude (i, at_us, written)
from (
    select
        i, connector, i + 1 as line, 1 as lines, true as has_stop, at_us as line_time_us,
        encode(md5(connector || i)) as line_sha256,
        case when connector = 'messages' or $shared then 'msg_01' || md5(i::varchar) end as message_id,
        case when connector = 'litellm' then md5('call' || i) end as gateway_id,
        model, uncached::bigint as uncached, read::bigint as read, written::bigint as write_5m,
        0 as write_1h, output::bigint as output, 0 as web_searches, [] as iterations, [] as flags,
        true as usage_final, true as charged, 0 as attempt, 'exclusive' as usage_basis,
        at_us + case when connector = 'litellm' then (hash(i, 4) % 400000)::bigint else 0 end as start_us,
        at_us + 2000000 as end_us, 'ms' as time_precision, 'start' as time_meaning,
        'none' as visibility, 'workspace-' || i % 9 as workspace, 'session-' || i % 5000 as session,
        'user-' || i % 800 as user_id, '{"team":"team-' || i % 11 || '"}' as tags,
        false as compaction, false as resume, 'standard' as tier, 'end_turn' as stop_reason,
        at_us, written
    from told
)
