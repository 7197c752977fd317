-- Calls as each connector tells them, numbered in an order that files do not change.
create or replace temp table numbered as
select (row_number() over (order by key, connector) - 1)::bigint as row, rowid as place from requests
