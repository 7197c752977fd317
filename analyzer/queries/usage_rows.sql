select r.*, s.path as source, s.connector
from usage_rows r join sources s using (source_id)
order by r.start_us, r.model, s.path
