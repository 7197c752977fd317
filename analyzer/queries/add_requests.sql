insert into requests by name select * from incoming
