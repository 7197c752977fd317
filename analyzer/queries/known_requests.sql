-- Whether a key that comes is in the store; logs seldom tell of a call again, and what is new needs
-- no comparing.
select count(*) from requests r semi join incoming i on r.key = i.key and r.connector = i.connector
