-- Sightings that look like another export's, as calls: what the same call tells already is left out.
select c.name as connector, one.path, other.path as path_2, md5_number_lower(coalesce(m.call, r.key)) as identity
from found_twins t
join numbered n on n.row = t.row
join requests r on r.rowid = n.place
join numbered n2 on n2.row = t.row_2
join requests r2 on r2.rowid = n2.place
join connectors c on c.name = r.connector
join sources one on one.source_id = r.source_id
join sources other on other.source_id = r2.source_id
left join merges m on m.key = r.key and m.connector = r.connector
left join merges m2 on m2.key = r2.key and m2.connector = r2.connector
where coalesce(m.call, r.key) <> coalesce(m2.call, r2.key)
order by connector, one.path, path_2, r.key
