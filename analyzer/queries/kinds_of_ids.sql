-- Which kinds of ids the sightings of each source know, a bit each, strongest lowest.
select distinct
    connector, source_id,
    (message_id is not null)::integer + 2 * (request_id is not null)::integer
        + 4 * (custom_id is not null)::integer + 8 * (gateway_id is not null)::integer as known
from requests
