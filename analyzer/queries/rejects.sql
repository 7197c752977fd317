select s.path, r.line, r.kind, r.reason, r.detail
from rejects r join sources s using (source_id)
order by s.path, r.line, r.reason
