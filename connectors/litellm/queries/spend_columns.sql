select attname from pg_catalog.pg_attribute
where attrelid = %(table)s::bigint::oid and attnum > 0 and not attisdropped
order by attnum
