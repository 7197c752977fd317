-- Calls that the store knows nothing of yet.
insert into requests by name select * from incoming
