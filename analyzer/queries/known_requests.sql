-- Whether any incoming call is in the store already; far cheaper than the two queries this spares.
select count(*) > 0 from (select 1 from requests r semi join incoming i on r.key = i.key and r.connector = i.connector limit 1)
