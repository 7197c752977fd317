-- One row a billed call, in start order; bytes become dense numbers, which no output depends on.
with ordered as (
    select *, row_number() over (order by coalesce(start_us, end_us) nulls last, key) - 1 as request
    from counted
)
select
    o.request::bigint as request, md5_number_lower(o.key) as identity,
    coalesce(o.message_id, o.request_id) as message_id,
    o.start_us, o.first_us, o.end_us, o.time_meaning, o.platform, o.model, o.stream, o.max_tokens,
    o.tool_choice, o.tier, o.speed, o.geo,
    o.uncached, o.read, o.write_5m, o.write_1h, o.write_unsplit, o.output, o.web_searches,
    o.iterations, o.usage_final, o.charged, o.stop_reason, o.attempt, o.org, o.workspace, o.api_key,
    o.session, o.agent, o.app, o.workload as named, o.tags, o.compaction, o.resume, o.visibility, o.turn,
    o.sampling, o.cache_miss_reason, o.cache_missed_tokens,
    o.accepted_prediction, o.rejected_prediction,
    coalesce(leaf.number, -1)::integer as leaf,
    coalesce(ending.number, -1)::integer as system_end,
    coalesce(m0.number, -1)::integer as mark0, coalesce(m1.number, -1)::integer as mark1,
    coalesce(m2.number, -1)::integer as mark2, coalesce(m3.number, -1)::integer as mark3,
    coalesce(o.mark_ttl_s[1], 0) as ttl0, coalesce(o.mark_ttl_s[2], 0) as ttl1,
    coalesce(o.mark_ttl_s[3], 0) as ttl2, coalesce(o.mark_ttl_s[4], 0) as ttl3,
    (dense_rank() over (order by o.system_params) - 1)::integer as system_params,
    (dense_rank() over (order by o.message_params) - 1)::integer as message_params
from ordered o
left join nodes leaf on leaf.node = o.leaf
left join nodes ending on ending.node = o.system_end
left join nodes m0 on m0.node = o.mark_nodes[1]
left join nodes m1 on m1.node = o.mark_nodes[2]
left join nodes m2 on m2.node = o.mark_nodes[3]
left join nodes m3 on m3.node = o.mark_nodes[4]
order by request
