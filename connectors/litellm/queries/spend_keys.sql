-- Keys between two rows, the last one included: the index alone answers this.
select "startTime"::text as started, request_id
from {table}
where ("startTime", request_id) > (%(started)s, %(request_id)s)
    and ("startTime", request_id) <= (%(to_started)s, %(to_request_id)s)
order by "startTime", request_id
limit %(rows)s
