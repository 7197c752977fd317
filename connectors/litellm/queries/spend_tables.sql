-- Tables of this name that can be seen or not, and all tables beside them, nearest first.
select
    n.nspname, c.relname, c.oid::bigint, greatest(c.reltuples, 0)::bigint,
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and (%(schema)s::text is null or n.nspname = %(schema)s)
order by c.relname = %(table)s desc, pg_table_is_visible(c.oid) desc, n.nspname, c.relname
limit 200
