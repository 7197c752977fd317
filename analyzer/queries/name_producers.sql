-- A prefix may be seen in a later prompt before the answer that made it is read.
update nodes set produced_by = i.produced_by
from incoming_nodes i
where nodes.node = i.node and nodes.produced_by is null and i.produced_by is not null
