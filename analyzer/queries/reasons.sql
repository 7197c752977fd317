select kind, reason, sum(lines)::bigint as lines
from reasons
group by kind, reason
order by kind, lines desc, reason
