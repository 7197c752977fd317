-- What is left of a key in the store is greater than what comes. Nothing is copied to a table on the
-- way: DuckDB keeps a dropped one until the transaction ends.
insert into requests by name
select i.* from incoming i anti join requests r on r.key = i.key and r.connector = i.connector
