-- What tells whether two sightings are one call, in numbers alone. An id is the number of a shared
-- one, or below 0 where no other sighting has it; connectors are numbered as their names sort.
select
    n.row, c.number as connector, s.number as source, m.family,
    coalesce(s1.number, case when r.message_id is not null then -1 - n.row end) as message_id,
    coalesce(s2.number, case when r.request_id is not null then -1 - n.row end) as request_id,
    coalesce(s3.number, case when r.custom_id is not null then -1 - n.row end) as batch_item,
    coalesce(s4.number, case when r.gateway_id is not null then -1 - n.row end) as gateway_id,
    r.start_us, r.end_us, r.time_precision = 's' as coarse,
    r.usage_basis = 'estimated' as estimated, r.usage_basis = 'exclusive' as exclusive,
    r.uncached, r.read, r.write_5m, r.write_1h, r.write_unsplit, r.output
from requests r
join numbered n on n.place = r.rowid
join connectors c on c.name = r.connector
join (
    select source_id, row_number() over (order by source_id) as number
    from (select distinct source_id from requests)
) s on s.source_id = r.source_id
join families m on m.name = r.model
left join shared_message_id s1 on s1.id = r.message_id
left join shared_request_id s2 on s2.id = r.request_id
left join shared_batch_item s3 on s3.id = {batch_item}
left join shared_gateway_id s4 on s4.id = r.gateway_id
order by n.row
