-- One row a call as one connector tells it, with what tells whether two of them are one call.
select
    key, connector, source_id, line, model, message_id, request_id, gateway_id,
    case when custom_id is not null then coalesce(batch_id, '') || ':' || custom_id end as batch_item,
    start_us, end_us, time_precision, time_meaning, usage_final, usage_basis, visibility,
    uncached, read, write_5m, write_1h, write_unsplit, output
from requests
order by key, connector
