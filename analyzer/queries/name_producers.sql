-- A prefix may be seen in a later prompt before the answer that made it is read; of two calls that gave
-- the same answer the first name holds, so that file order never matters.
update nodes set produced_by = i.produced_by
from incoming_nodes i
where nodes.node = i.node and i.produced_by is not null
    and (nodes.produced_by is null or i.produced_by < nodes.produced_by)
