-- Calls that several sources tell, by which sources.
select told as connectors, count(*)::bigint as calls
from (select string_agg(distinct connector, ' + ' order by connector) as told from merges group by call)
group by told
order by calls desc, told
