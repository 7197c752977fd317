-- The next rows in key order; each as JSON, so that a live table and an export read alike.
select convert_to(row_to_json(page)::text, 'UTF8'), page."startTime"::text as started, page.request_id
from (
    select {columns} from {table}
    where ("startTime", request_id) > (%(started)s, %(request_id)s)
    order by "startTime", request_id
    limit %(rows)s
) as page
order by page."startTime", page.request_id
