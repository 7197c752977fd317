-- Every sighting of a call that several sources tell, in the order of record.
select m.call, r.connector, s.path, r.line, m.rule, m.gap_us, m.differs
from merges m
join requests r on r.key = m.key and r.connector = m.connector
join sources s on s.source_id = r.source_id
order by m.call, m.place, r.connector, r.key
