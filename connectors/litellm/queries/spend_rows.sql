-- Rows named one by one.
select convert_to(row_to_json(page)::text, 'UTF8'), page."startTime"::text as started, page.request_id
from (select {columns} from {table} where request_id = any(%(ids)s)) as page
order by page."startTime", page.request_id
