-- A number for each id that several sightings have, in the order of the ids; `{id}` is its text.
create or replace temp table shared_{kind} as
select id, row_number() over (order by id) as number
from (select {id} as id from requests where {id} is not null group by id having count(*) > 1)
