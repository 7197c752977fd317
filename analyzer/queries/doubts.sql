-- What the sources do not tell, or tell in a way that does not add up, by number of calls.
select doubt, count(*)::bigint as calls
from (
    select unnest(flags) as doubt from counted
    union all
    select 'cache reads are not told, and count as none' from counted where read is null
    union all
    select 'cache writes are not told, and count as none'
    from counted where coalesce(write_5m, write_1h, write_unsplit) is null
    union all
    select 'the life of cache writes is not told: billed at the rate of 5 minutes'
    from counted where write_unsplit > 0
    union all
    select 'output is not told, and counts as none' from counted where output is null
    union all
    -- Bedrock runs no web search (claude.com/docs/cowork/3p/web-tools)
    select 'web searches are not told, and count as none'
    from counted where web_searches is null and platform is distinct from 'bedrock'
    union all
    select 'uncached input is not told, and counts as none' from counted where uncached is null
    union all
    select 'counts are the source''s own estimate' from counted where usage_basis = 'estimated'
    union all
    select 'the source logs about one call in ' || round(1 / sampling)::bigint
        || ': the traffic is larger than what is shown'
    from counted where sampling > 0 and sampling < 1
)
group by doubt
order by calls desc, doubt
