-- New prefixes get the next dense number; no output depends on it.
insert into nodes
select
    (select count(*) from nodes) + row_number() over () - 1,
    i.node, any_value(i.parent), min(i.position), any_value(i.section), max(i.chars),
    max(i.produced_by)
from incoming_nodes i
anti join nodes n on n.node = i.node
group by i.node
