select
    coalesce(p.number, -1)::integer as parent, n.position::integer as position,
    case n.section when 'tools' then 0 when 'system' then 1 else 2 end::tinyint as section,
    n.chars, n.produced_by
from nodes n left join nodes p on p.node = n.parent
order by n.number
