select count(*) from {table} where ("startTime", request_id) <= (%(started)s, %(request_id)s)
